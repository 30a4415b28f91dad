package dev.tethys.tools;

import dev.tethys.runtime.cli.Flag;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** {@code check healthy} and {@code check ready}: how a running server is. */
final class CheckServer {
  private static final Flag URL =
      Flag.of("url", Flag.Kind.STRING, "http://localhost:9090", "The URL of the server.");
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private CheckServer() {}

  static List<Command> commands() {
    return List.of(command("healthy", "/-/healthy"), command("ready", "/-/ready"));
  }

  private static Command command(String what, String path) {
    return new Command(
        "check " + what,
        "",
        "Check if the Prometheus server is " + what + ".",
        List.of(HttpAccess.CONFIG, URL),
        0,
        0,
        (a, c) -> run(a, c, path));
  }

  private static int run(Command.Arguments a, Console console, String path) throws IOException {
    try (HttpAccess server =
        HttpAccess.of(a.flags().get("url"), a.flags().get("http.config.file"), List.of())) {
      HttpAccess.Reply r = server.get(path, TIMEOUT);
      if (r.status() != 200) {
        console.err().println("check failed: URL=" + server.base() + ", status=" + r.status());
        return 1;
      }
      console.err().println("  SUCCESS:  " + r.text());
      return 0;
    }
  }
}
