package dev.tethys.tools;

import static dev.tethys.tools.ControlPlaneClient.call;
import static dev.tethys.tools.ControlPlaneClient.list;
import static dev.tethys.tools.ControlPlaneClient.object;
import static dev.tethys.tools.ControlPlaneClient.text;
import static dev.tethys.tools.ControlPlaneClient.time;

import dev.tethys.runtime.cli.Flag;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Commands of {@code control} for the repository: its state, and the present state as files. */
final class RepositoryCommands {
  private RepositoryCommands() {}

  static List<Command> commands() {
    return List.of(
        ControlPlaneClient.command(
            "repository",
            "",
            "Show the files of the repository with their states, and configurations without a "
                + "file.",
            List.of(Flag.of("pull", Flag.Kind.BOOLEAN, "false", "Pull and read the files first.")),
            0,
            0,
            RepositoryCommands::show),
        ControlPlaneClient.command(
            "export",
            "<folder>",
            "Write configurations, rollouts, live controls, rules and tests as files of a"
                + " repository.",
            List.of(
                Flag.of("force", Flag.Kind.BOOLEAN, "false", "Replace files whose text differs.")),
            1,
            1,
            RepositoryCommands::export));
  }

  private static int show(Command.Arguments a, Console console) throws IOException {
    Object r =
        a.flags().bool("pull")
            ? call(a, "POST", "/repository/pull", "{}")
            : call(a, "GET", "/repository", null);
    console.out().println("commit " + text(r, "commit") + ", read " + time(r, "readMillis"));
    if (!text(r, "error").isEmpty()) {
      console.err().println("not read, what runs stays: " + text(r, "error"));
    }
    Table t = new Table();
    t.row("KIND", "NAME", "FILE", "COMMIT", "STATE", "DETAIL");
    for (Object f : list(object(r).get("files"))) {
      String error = text(f, "error");
      t.row(
          "configuration",
          text(f, "configuration"),
          text(f, "file"),
          text(f, "commit"),
          text(f, "state"),
          error.isEmpty()
              ? "version "
                  + text(f, "version")
                  + (text(f, "detail").isEmpty() ? "" : ", " + text(f, "detail"))
              : error);
    }
    rows(t, object(r).get("resources"));
    rows(t, object(r).get("notInRepository"));
    t.print(console.out());
    return text(r, "error").isEmpty() ? 0 : 1;
  }

  private static void rows(Table t, @Nullable Object items) {
    for (Object i : list(items)) {
      t.row(
          text(i, "kind"),
          text(i, "name"),
          text(i, "file"),
          text(i, "commit"),
          text(i, "state"),
          text(i, "detail"));
    }
  }

  private static int export(Command.Arguments a, Console console) throws IOException {
    Path folder = Path.of(a.operands().getFirst()).toAbsolutePath().normalize();
    int written = 0;
    List<?> files = list(call(a, "GET", "/export", null));
    for (Object f : files) {
      Path file = folder.resolve(text(f, "path")).normalize();
      if (!file.startsWith(folder)) {
        throw new IOException("the control plane names a file outside of the folder: " + file);
      }
      String content = text(f, "text");
      if (Files.exists(file)) {
        if (Files.readString(file).equals(content)) {
          continue;
        }
        if (!a.flags().bool("force")) {
          throw new IOException(file + " exists with different content; --force replaces it");
        }
      }
      Path parent = file.getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      Files.writeString(file, content);
      written++;
    }
    console.out().println(files.size() + " files, " + written + " written to " + folder);
    return 0;
  }
}
