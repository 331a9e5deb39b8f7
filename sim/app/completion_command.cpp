// `eventarium completion`: a script for the shell that completes commands, options and the names
// of scenarios.
#include "sim/app/commands.h"

namespace eventarium::app {
namespace {

constexpr const char* bash_script = R"sh(_eventarium() {
  local word="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}" words=""
  case "$previous" in
    --engine) words="simgrid lean" ;;
    describe) words="topics brokers quorum groups services" ;;
    --group|--storm|--at|--until|--seed|--set) words="" ;;
    completion) words="bash zsh" ;;
    *)
      if [ "$COMP_CWORD" -eq 1 ]; then
        words="run check list describe metrics replay view completion --help --version"
      elif [ "${word#-}" != "$word" ]; then
        words="--until --at --seed --engine --set --trace --storm --all --json --csv --events --quiet"
        words="$words --group --members --state --serve --help"
      else
        words="$(eventarium list 2>/dev/null | awk 'NR > 1 {print $1}')"
      fi ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word") $(compgen -f -- "$word"))
}
complete -o filenames -F _eventarium eventarium
)sh";

}  // namespace

int completion_command(const std::string& shell) {
  Output output;
  if (shell == "zsh") output.write("autoload -U +X bashcompinit && bashcompinit\n");
  output.write(bash_script);
  return output.finish() ? exit_fine : exit_internal;
}

}  // namespace eventarium::app
