package dev.tethys.app;

import dev.tethys.app.clymene.MigrateClymene;
import dev.tethys.tools.Console;
import dev.tethys.tools.ToolRole;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What a command of the tool has given: ours in this process, or that of a real one. */
record ToolRun(int status, String out, String err) {
  /** Runs a command that is given nothing to read. */
  static ToolRun of(List<String> args) {
    return of("", args);
  }

  /** Runs a command. */
  static ToolRun of(String in, List<String> args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int status;
    try (PrintStream o = new PrintStream(out, false, StandardCharsets.UTF_8);
        PrintStream e = new PrintStream(err, false, StandardCharsets.UTF_8)) {
      ByteArrayInputStream i = new ByteArrayInputStream(in.getBytes(StandardCharsets.UTF_8));
      status =
          new ToolRole(List.of(MigrateClymene.command())).run(args, new Console(i, o, e, false));
    }
    return new ToolRun(
        status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }
}
