package dev.tethys.tools;

import static dev.tethys.tools.ControlPlaneClient.call;
import static dev.tethys.tools.ControlPlaneClient.changing;
import static dev.tethys.tools.ControlPlaneClient.list;
import static dev.tethys.tools.ControlPlaneClient.object;
import static dev.tethys.tools.ControlPlaneClient.text;

import dev.tethys.codec.opamp.PackagesOffer;
import dev.tethys.pipeline.web.Json;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.UsageException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

/** Commands of {@code control} for packages of agents. */
final class PackageCommands {
  private PackageCommands() {}

  static List<Command> commands() {
    return List.of(
        ControlPlaneClient.command(
            "packages",
            "",
            "List packages and the agents' states.",
            List.of(),
            0,
            0,
            PackageCommands::show),
        ControlPlaneClient.command(
            "package-add",
            "<name> <version> <url>",
            "Add a package that agents download from a URL; --file is the same file here, which is"
                + " hashed and signed.",
            ControlPlaneClient.with(
                Flag.of("file", Flag.Kind.STRING, "", "File of the package."),
                Flag.of(
                    "sign-key",
                    Flag.Kind.STRING,
                    "",
                    "Private key of Ed25519, in PEM; empty for no signature.")),
            3,
            3,
            PackageCommands::add),
        ControlPlaneClient.command(
            "package-signature",
            "<name> <version> <file>",
            "Print SHA-256 and signature of a package, in base64, for an upload.",
            List.of(Flag.of("sign-key", Flag.Kind.STRING, "", "Private key of Ed25519, in PEM.")),
            3,
            3,
            PackageCommands::signature),
        ControlPlaneClient.command(
            "package-rollout",
            "<name> [<version>]",
            "Roll out a package, the latest by default, in stages of 1, 3, 15, 75 … agents.",
            ControlPlaneClient.with(
                Flag.of("selector", Flag.Kind.STRING, "", "Agents; empty for all."),
                Flag.of("soak", Flag.Kind.DURATION, "10s", "Observation of each stage."),
                Flag.of(
                    "apply-timeout",
                    Flag.Kind.DURATION,
                    "15m",
                    "Time within which an agent must run the version."),
                RolloutCommands.MIN_ITEMS,
                RolloutCommands.MAX_WAIT),
            1,
            2,
            PackageCommands::rollout));
  }

  private static int show(Command.Arguments a, Console console) throws IOException {
    Table t = new Table();
    t.row("PACKAGE", "VERSION", "SHA256", "SIGNED", "URL", "REASON");
    for (Object p : list(call(a, "GET", "/packages", null))) {
      t.row(
          text(p, "name"),
          text(p, "version"),
          text(p, "sha256"),
          String.valueOf(!text(p, "signature").isEmpty()),
          text(p, "url"),
          text(p, "reason"));
    }
    t.print(console.out());
    Table agents = new Table();
    agents.row("AGENT", "PACKAGE", "VERSION", "OFFERED", "STATE", "ERROR");
    for (Object o : list(call(a, "GET", "/agents?limit=10000", null))) {
      for (Object p : list(object(object(o).get("packages")).get("packages"))) {
        agents.row(
            text(o, "uid"),
            text(p, "name"),
            text(p, "version"),
            text(p, "offeredVersion"),
            text(p, "state"),
            text(p, "error"));
      }
    }
    agents.print(console.out());
    return 0;
  }

  private static byte[] sha256(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      MessageDigest d = MessageDigest.getInstance("SHA-256");
      byte[] buffer = new byte[1 << 16];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        d.update(buffer, 0, n);
      }
      return d.digest();
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every JDK supports SHA-256", e);
    }
  }

  private static String signed(String keyFile, String name, String version, byte[] sha256)
      throws IOException {
    if (keyFile.isEmpty()) {
      return "";
    }
    return Base64.getEncoder()
        .encodeToString(
            SigningKey.read(Path.of(keyFile)).sign(PackagesOffer.statement(name, version, sha256)));
  }

  private static int signature(Command.Arguments a, Console console) throws IOException {
    String name = a.operands().get(0);
    String version = a.operands().get(1);
    byte[] sha256 = sha256(Path.of(a.operands().get(2)));
    console.out().println("sha256=" + HexFormat.of().formatHex(sha256));
    console.out().println("signature=" + signed(a.flags().get("sign-key"), name, version, sha256));
    return 0;
  }

  private static int add(Command.Arguments a, Console console) throws IOException {
    String file = a.flags().get("file");
    if (file.isEmpty()) {
      throw new UsageException("--file is required: it is hashed here");
    }
    String reason = ControlPlaneClient.reason(a);
    String name = a.operands().get(0);
    String version = a.operands().get(1);
    byte[] sha256 = sha256(Path.of(file));
    Object p =
        call(
            a,
            "POST",
            "/packages?name="
                + ServerApi.encoded(name)
                + "&version="
                + ServerApi.encoded(version)
                + "&url="
                + ServerApi.encoded(a.operands().get(2))
                + "&sha256="
                + HexFormat.of().formatHex(sha256)
                + "&signature="
                + ServerApi.encoded(signed(a.flags().get("sign-key"), name, version, sha256))
                + "&author="
                + ServerApi.encoded(a.flags().get("author"))
                + "&reason="
                + ServerApi.encoded(reason),
            "");
    console.out().println("package " + text(p, "name") + " " + text(p, "version") + " was added");
    return 0;
  }

  private static int rollout(Command.Arguments a, Console console) throws IOException {
    Json body =
        changing(a)
            .key("package")
            .text(a.operands().getFirst())
            .key("packageVersion")
            .text(a.operand(1, ""))
            .key("selector")
            .text(a.flags().get("selector"))
            .key("soak")
            .text(a.flags().get("soak"))
            .key("applyTimeout")
            .text(a.flags().get("apply-timeout"))
            .key("minItems")
            .number(a.flags().integer("min-items"))
            .key("maxWait")
            .text(a.flags().get("max-wait"));
    Object r = call(a, "POST", "/rollouts", body.close('}').toString());
    console.out().println("rollout " + text(r, "id") + " is " + text(r, "state"));
    return 0;
  }
}
