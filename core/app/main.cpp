#include "core/app/application.hpp"
#include "core/app/command_line.hpp"
#include "core/app/successor.hpp"

#include <iostream>
#include <string>
#include <vector>

int main(int argc, char** argv) {
    auto arguments = chihaya::app::normalised(std::vector<std::string>(argv, argv + argc));
    // A daemon's successor is one from the start: a fork would hide it from who waits for it.
    const bool is_daemon =
        chihaya::app::Successor::is_called() && std::erase(arguments, "--daemon") > 0;
    std::vector<char*> pointers;
    for (std::string& argument : arguments) {
        pointers.push_back(argument.data());
    }
    try {
        chihaya::app::Application application;
        if (is_daemon) {
            application.stay_daemon();
        }
        const int code = application.run(static_cast<int>(pointers.size()), pointers.data());
        return application.understood() ? code : Poco::Util::Application::EXIT_USAGE;
    } catch (const Poco::Exception& error) {
        std::cerr << "chihaya: " << error.displayText() << '\n';
        return Poco::Util::Application::EXIT_USAGE;
    }
}
