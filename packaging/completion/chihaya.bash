# Completion of chihaya's command line for bash.
_chihaya() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
  # --config=FILE arrives as three words.
  if [[ $cur == = ]]; then
    cur=
  elif [[ $prev == = ]]; then
    prev=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  case $prev in
    -c | -config | --config | --pidfile)
      mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      compopt -o filenames 2> /dev/null
      return
      ;;
    -w | --workers)
      mapfile -t COMPREPLY < <(compgen -W "0 1 2 4 8 16 32" -- "$cur")
      return
      ;;
    --umask)
      mapfile -t COMPREPLY < <(compgen -W "022 027 077" -- "$cur")
      return
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "-c --config= -w --workers= --check --take-over --list-plugins
    --print-config --daemon --pidfile= --umask= --version -h --help" -- "$cur")
  [[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace 2> /dev/null
}
complete -F _chihaya chihaya
