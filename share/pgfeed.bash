# bash completion for pgfeed. Subcommands and options come from --help, so they are those of the pgfeed at hand.

_pgfeed_words() { # what a command's help lists: its subcommands, or its options
  local pattern=$1
  shift
  "$@" --help 2>/dev/null | sed -n "$pattern"
}

_pgfeed() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local subcommands='/^Subcommands:/,$ s/^  \([a-z][a-z-]*\)\( .*\)\{0,1\}$/\1/p'
  local options='s/^  *\(-[A-Za-z],\)\{0,1\} *\(--[a-z-]*\).*/\2/p'
  local command=("${COMP_WORDS[0]}")
  local word names
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do # pgfeed server start → the deepest command named so far
    [[ $word != -* ]] || continue
    names=$(_pgfeed_words "$subcommands" "${command[@]}")
    grep -qxF -- "$word" <<<"$names" || break
    command+=("$word")
  done

  COMPREPLY=()
  case $previous in
    -m | --mapping | --rejects | --from-rejects)
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return
      ;;
    --progress)
      mapfile -t COMPREPLY < <(compgen -W 'auto bar plain none' -- "$current")
      return
      ;;
  esac
  if [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_pgfeed_words "$options" "${command[@]}")" -- "$current")
    return
  fi
  names=$(_pgfeed_words "$subcommands" "${command[@]}")
  if [[ -n $names ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$names" -- "$current")
  else
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  fi
}

complete -o filenames -F _pgfeed pgfeed
