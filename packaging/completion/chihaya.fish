# Completion of chihaya's command line for fish.
complete -c chihaya -f
complete -c chihaya -s c -l config -r -F -d 'Read the configuration from this file'
complete -c chihaya -s w -l workers -x -a '0 1 2 4 8 16 32' -d 'Serve with so many threads'
complete -c chihaya -l check -d 'Check the configuration and load the plugins, then end'
complete -c chihaya -l take-over -d 'Take the place of the tracker that runs with the same state_dir'
complete -c chihaya -l list-plugins -d 'List the installed plugins, then end'
complete -c chihaya -l print-config -d 'Print the effective configuration, then end'
complete -c chihaya -l daemon -d 'Leave the terminal'
complete -c chihaya -l pidfile -r -F -d 'Write the number of the process to this file'
complete -c chihaya -l umask -x -a '022 027 077' -d 'Umask of the daemon'
complete -c chihaya -l version -d 'Print the version, then end'
complete -c chihaya -s h -l help -d 'Print the options, then end'
