package dev.tethys.tools;

import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.UsageException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * {@code completion}: script with which a shell completes commands and flags, generated from the
 * command table.
 */
final class Completion {
  /** The function that both bash and, by its emulation, zsh call. */
  private static final String FUNCTION =
      """
      _tethys_tool() {
        local cur="${COMP_WORDS[COMP_CWORD]}" words="" next="" i start=1
        COMPREPLY=()
        if [[ "${COMP_WORDS[0]##*/}" == tethys ]]; then
          if (( COMP_CWORD == 1 )); then
            COMPREPLY=( $(compgen -W "server agent alertmanager collector exporter gateway ingester logs promtail pushgateway tool promtool version help" -- "$cur") )
            return
          fi
          [[ "${COMP_WORDS[1]}" == tool || "${COMP_WORDS[1]}" == promtool ]] || return
          start=2
        fi
        for (( i = start; i < COMP_CWORD; i++ )); do
          [[ "${COMP_WORDS[i]}" == -* ]] || words+="${COMP_WORDS[i]} "
        done
        case "$words" in
      %s  esac
        COMPREPLY=( $(compgen -W "$next" -- "$cur") )
      }
      """;

  private Completion() {}

  static Command command(Commands commands) {
    return new Command(
        "completion",
        "<shell>",
        "Print what a shell needs to complete commands and flags: bash, zsh or fish. For bash:"
            + " source <(tethys tool completion bash).",
        List.of(),
        1,
        1,
        (a, c) -> {
          c.out().print(script(a.operands().getFirst(), commands.list()));
          return 0;
        });
  }

  private static String script(String shell, List<Command> commands) {
    return switch (shell) {
      case "bash" -> bash(commands) + "complete -o default -F _tethys_tool tethys promtool\n";
      case "zsh" ->
          "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n"
              + bash(commands)
              + "complete -o default -F _tethys_tool tethys promtool\n";
      case "fish" -> fish(commands);
      default ->
          throw new UsageException(
              "tethys tool completion: there is none for " + shell + "; there is bash, zsh, fish");
    };
  }

  /** Next words of a command group: {@code tsdb} and then {@code list}, {@code dump} … */
  private static Map<String, TreeSet<String>> groups(List<Command> commands) {
    Map<String, TreeSet<String>> out = new TreeMap<>();
    for (Command c : commands) {
      StringBuilder before = new StringBuilder();
      for (String word : c.name().split(" ")) {
        out.computeIfAbsent(before.toString(), k -> new TreeSet<>()).add(word);
        before.append(word).append(' ');
      }
    }
    return out;
  }

  private static List<String> flags(Command c) {
    List<String> out = new ArrayList<>();
    for (Flag f : c.allFlags()) {
      if (f.refusal() == null) {
        out.add("--" + f.name() + (f.kind() == Flag.Kind.BOOLEAN ? "" : "="));
      }
    }
    out.add("--help");
    return out;
  }

  private static String bash(List<Command> commands) {
    StringBuilder cases = new StringBuilder();
    groups(commands)
        .forEach(
            (before, words) ->
                cases
                    .append("    '")
                    .append(before)
                    .append("') next=\"")
                    .append(String.join(" ", words))
                    .append("\" ;;\n"));
    for (Command c : commands) {
      cases.append("    '").append(c.name()).append(" '*) next=\"");
      cases.append(String.join(" ", flags(c))).append("\" ;;\n");
    }
    return FUNCTION.formatted(cases);
  }

  private static String fish(List<Command> commands) {
    StringBuilder sb =
        new StringBuilder(
            """
            function __tethys_words
              set -l words (commandline -opc)
              set -l start 2
              if string match -q '*tethys' -- $words[1]
                contains -- "$words[2]" tool promtool; or return 1
                set start 3
              end
              set -l out
              for w in $words[$start..-1]
                string match -q -- '-*' $w; or set -a out $w
              end
              echo -- "$out "
            end
            function __tethys_at
              test (string trim -l -- (__tethys_words)) = "$argv[1]"
            end
            function __tethys_in
              string match -q -- "$argv[1]*" (string trim -l -- (__tethys_words))
            end
            """);
    for (String program : List.of("tethys", "promtool")) {
      groups(commands)
          .forEach(
              (before, words) -> {
                String at = before.isEmpty() ? " " : before;
                for (String w : words) {
                  sb.append("complete -c ").append(program);
                  sb.append(" -f -n \"__tethys_at '").append(at.isBlank() ? "" : at);
                  sb.append("'\" -a ").append(w).append('\n');
                }
              });
      for (Command c : commands) {
        for (Flag f : c.allFlags()) {
          if (f.refusal() == null) {
            sb.append("complete -c ").append(program);
            sb.append(" -n \"__tethys_in '").append(c.name()).append(" '\" -l ").append(f.name());
            sb.append(f.kind() == Flag.Kind.BOOLEAN ? "" : " -r").append('\n');
          }
        }
      }
    }
    return sb.toString();
  }
}
