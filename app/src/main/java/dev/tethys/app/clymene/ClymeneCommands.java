package dev.tethys.app.clymene;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.model.file.IoFailures;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.json.JsonMapper;

/**
 * Commands shared by Clymene's programs: {@code status}, {@code version} and {@code env}; {@code
 * docs} is rejected.
 */
final class ClymeneCommands {
  private static final Set<String> ALL = Set.of("status", "version", "env", "docs");
  private static final String HOST_PORT = "status.http.host-port";
  private static final Duration TIME_LIMIT = Duration.ofSeconds(10);
  private static final int MOST = 1 << 20;

  private final ClymeneRole role;
  private final Map<String, String> environment;
  private final PrintStream out;
  private final PrintStream err;

  ClymeneCommands(
      ClymeneRole role, Map<String, String> environment, PrintStream out, PrintStream err) {
    this.role = role;
    this.environment = environment;
    this.out = out;
    this.err = err;
  }

  /** Whether the arguments start with one of these commands. */
  static boolean isOne(List<String> args) {
    return !args.isEmpty() && ALL.contains(args.getFirst());
  }

  /** Runs the command and returns its exit code. */
  int run(List<String> args) {
    String command = args.getFirst();
    List<String> rest = args.subList(1, args.size());
    if (command.equals("docs")) {
      throw new UsageException(
          "clymene-"
              + role.word()
              + " docs is not built: --help lists the flags, docs/clymene.md explains what they do in"
              + " Tethys");
    }
    FlagSet set = flags(command);
    if (rest.contains("--help") || rest.contains("-h")) {
      out.print(set.help());
      return 0;
    }
    FlagSet flags = set.parse(rest);
    return switch (command) {
      case "status" -> status(flags);
      case "version" -> version();
      default -> env();
    };
  }

  private FlagSet flags(String command) {
    String name = "clymene-" + role.word() + " " + command;
    return switch (command) {
      case "status" ->
          new FlagSet(
              name,
              "Prints what a program that runs says of its health; the exit code is 1 where that is"
                  + " not good.",
              List.of(
                  Flag.of(
                      HOST_PORT,
                      Flag.Kind.STRING,
                      ClymeneFlags.adminAddress(role),
                      "Address of its --admin.http.host-ports; also an environment variable.")));
      case "version" -> new FlagSet(name, "Prints what this is, as JSON.", List.of());
      default -> new FlagSet(name, "Prints which variables there are.", List.of());
    };
  }

  private int status(FlagSet flags) {
    String variable = environment.get("STATUS_HTTP_HOST_PORT");
    String at = flags.isGiven(HOST_PORT) || variable == null ? flags.get(HOST_PORT) : variable;
    String url = "http://" + (at.startsWith(":") ? "127.0.0.1" + at : at) + "/";
    try (HttpClientFactory clients = new HttpClientFactory("tethys");
        ClientResponse a =
            clients
                .client(HttpClientConfig.DEFAULT_HTTP1)
                .send(ClientRequest.get(URI.create(url)).withTimeout(TIME_LIMIT))) {
      out.println(new String(a.bytes(MOST), StandardCharsets.UTF_8));
      if (a.status() == 200) {
        return 0;
      }
      err.println("abnormal value of http status code: " + a.status());
    } catch (IllegalArgumentException e) {
      throw new UsageException("--" + HOST_PORT + " must be host:port, not \"" + at + "\"");
    } catch (IOException e) {
      err.println(url + " does not answer: " + IoFailures.describe(e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return 1;
  }

  private int version() {
    BuildInfo b = BuildInfo.current();
    out.println(
        JsonMapper.shared()
            .createObjectNode()
            .put("version", b.version())
            .put("revision", b.revision())
            .put("java", b.java()));
    return 0;
  }

  private int env() {
    out.print(
        """
        STORAGE_TYPE  which databases are written to, with commas between: %s.
                      elasticsearch where nothing is said, and a program of Clymene's is meant.

        Each flag is a variable, too: in upper case, with _ for dots and dashes, so that
        --admin.http.host-ports is ADMIN_HTTP_HOST_PORTS. A flag goes before its variable; one
        that is empty says nothing.
        --help shows the flags of the databases that STORAGE_TYPE names.
        """
            .formatted(String.join(", ", ClymeneFlags.storages(role))));
    return 0;
  }
}
