package dev.tethys.tools;

import static dev.tethys.tools.ControlPlaneClient.call;
import static dev.tethys.tools.ControlPlaneClient.changing;
import static dev.tethys.tools.ControlPlaneClient.command;
import static dev.tethys.tools.ControlPlaneClient.list;
import static dev.tethys.tools.ControlPlaneClient.object;
import static dev.tethys.tools.ControlPlaneClient.text;
import static dev.tethys.tools.ControlPlaneClient.time;
import static dev.tethys.tools.ControlPlaneClient.with;

import dev.tethys.codec.opamp.SignedConfig;
import dev.tethys.pipeline.web.Json;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Commands of {@code control} for configurations and their versions. */
final class VersionCommands {
  private VersionCommands() {}

  static List<Command> commands() {
    List<Command> out = new ArrayList<>();
    out.add(
        command(
            "configurations",
            "[<name>]",
            "List configurations, or the versions of one.",
            List.of(),
            0,
            1,
            VersionCommands::configurations));
    out.add(
        command(
            "show",
            "<name> <version>",
            "Print the text of a version.",
            List.of(),
            2,
            2,
            VersionCommands::show));
    out.add(
        command(
            "diff",
            "<name> <from> <to>",
            "Compare two versions by components, edges and text.",
            List.of(),
            3,
            3,
            VersionCommands::diff));
    out.add(
        command(
            "push",
            "<name> <file>",
            "Add a version of a configuration.",
            with(
                Flag.of(
                    "validate",
                    Flag.Kind.BOOLEAN,
                    "true",
                    "Refuse a text that the collector of this program cannot read."),
                Flag.of(
                    "sign-key",
                    Flag.Kind.STRING,
                    "",
                    "Private key of Ed25519, in PEM, that signs the version; empty for the text as"
                        + " it is.")),
            2,
            2,
            VersionCommands::push));
    out.add(
        new Command(
            ControlPlaneClient.NAME + " sign",
            "<name> <file>",
            "Sign the text of a configuration in its file, by a last line that is a comment.",
            List.of(Flag.of("sign-key", Flag.Kind.STRING, "", "Private key of Ed25519, in PEM.")),
            2,
            2,
            VersionCommands::sign));
    return out;
  }

  private static int configurations(Command.Arguments a, Console console) throws IOException {
    String name = a.operand(0, "");
    Table t = new Table();
    t.row("NAME", "VERSION", "TIME", "AUTHOR", "SIGNED", "VALIDATION", "REASON");
    for (Object o :
        list(
            call(
                a,
                "GET",
                "/configurations" + (name.isEmpty() ? "" : "/" + ServerApi.encoded(name)),
                null))) {
      t.row(
          text(o, "name"),
          text(o, "version"),
          time(o, "timeMillis"),
          text(o, "author"),
          text(o, "signed"),
          text(o, "validation"),
          text(o, "reason"));
    }
    t.print(console.out());
    return 0;
  }

  private static int show(Command.Arguments a, Console console) throws IOException {
    Object v =
        call(
            a,
            "GET",
            "/configurations/"
                + ServerApi.encoded(a.operands().get(0))
                + "/"
                + ServerApi.encoded(a.operands().get(1)),
            null);
    console.out().print(text(v, "text"));
    return 0;
  }

  private static int diff(Command.Arguments a, Console console) throws IOException {
    Object d =
        call(
            a,
            "GET",
            "/diff/"
                + ServerApi.encoded(a.operands().get(0))
                + "?from="
                + ServerApi.encoded(a.operands().get(1))
                + "&to="
                + ServerApi.encoded(a.operands().get(2)),
            null);
    for (Object c : list(object(d).get("components"))) {
      List<String> keys = list(object(c).get("keys")).stream().map(String::valueOf).toList();
      console
          .out()
          .println(
              text(c, "change")
                  + " "
                  + text(c, "component")
                  + (keys.isEmpty() ? "" : ": " + String.join(", ", keys)));
    }
    list(object(d).get("edges")).forEach(console.out()::println);
    console.out().print(text(d, "text"));
    return 0;
  }

  private static int push(Command.Arguments a, Console console) throws IOException {
    Json body =
        changing(a)
            .key("name")
            .text(a.operands().get(0))
            .key("text")
            .text(signed(a, Files.readString(Path.of(a.operands().get(1)))))
            .key("validate")
            .raw(String.valueOf(a.flags().bool("validate")))
            .close('}');
    Object v = call(a, "POST", "/configurations", body.toString());
    console
        .out()
        .println(text(v, "name") + " version " + text(v, "version") + ": " + text(v, "validation"));
    return 0;
  }

  private static String signed(Command.Arguments a, String text) throws IOException {
    String key = a.flags().get("sign-key");
    if (key.isEmpty()) {
      return text;
    }
    String name = a.operands().get(0);
    String plain = SignedConfig.of(text).text(); // a former signature is replaced
    return SignedConfig.sign(
        name, plain, SigningKey.read(Path.of(key)).sign(SignedConfig.statement(name, plain)));
  }

  private static int sign(Command.Arguments a, Console console) throws IOException {
    if (a.flags().get("sign-key").isEmpty()) {
      throw new UsageException("--sign-key is required");
    }
    Path file = Path.of(a.operands().get(1));
    Files.writeString(file, signed(a, Files.readString(file)));
    console.out().println(file + ": signed as configuration " + a.operands().get(0));
    return 0;
  }
}
