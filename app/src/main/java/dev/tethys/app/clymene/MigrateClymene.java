package dev.tethys.app.clymene;

import dev.tethys.app.collector.CollectorRole;
import dev.tethys.config.ConfigException;
import dev.tethys.model.file.IoFailures;
import dev.tethys.tools.Command;
import java.io.IOException;
import java.util.List;

/** {@code migrate clymene}: converts the pipeline of a Clymene program to a configuration. */
public final class MigrateClymene {
  private MigrateClymene() {}

  /** Returns the command. */
  public static Command command() {
    return new Command(
        "migrate clymene",
        "<program> [-- <flags>]",
        "Prints the collector configuration equivalent to the flags (given after --) and the"
            + " environment variables, such as STORAGE_TYPE, of one of Clymene's programs: agent,"
            + " gateway, ingester, promtail-gateway or promtail-ingester. For promtail it prints"
            + " promtail.yml with the destinations of lines.",
        List.of(),
        1,
        Command.ANY,
        (arguments, console) -> {
          List<String> words = arguments.operands();
          ClymeneFlags flags =
              ClymeneFlags.read(
                  ClymeneRole.of(words.getFirst()),
                  words.subList(1, words.size()),
                  System.getenv());
          try {
            console.out().print(ClymeneGraph.yaml(flags, CollectorRole::check));
          } catch (ConfigException | IOException e) {
            console.err().println("tethys tool migrate clymene: " + IoFailures.describe(e));
            return 1;
          }
          return 0;
        });
  }
}
