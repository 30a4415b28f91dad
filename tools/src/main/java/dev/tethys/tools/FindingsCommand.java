package dev.tethys.tools;

import static dev.tethys.tools.ControlPlaneClient.list;
import static dev.tethys.tools.ControlPlaneClient.object;
import static dev.tethys.tools.ControlPlaneClient.text;

import dev.tethys.runtime.cli.Flag;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code control findings}: searches data exported by the fleet for personal data. */
final class FindingsCommand {
  private FindingsCommand() {}

  static Command command() {
    return ControlPlaneClient.command(
        "findings",
        "[<selector>]",
        "Search a sample of exported data for personal data and credentials; the exit status"
            + " is 1 where any is found, an agent was not searched, or no record passed.",
        List.of(Flag.of("seconds", Flag.Kind.INTEGER, "5", "Time of the sample, at most 30.")),
        0,
        1,
        FindingsCommand::run);
  }

  private static int run(Command.Arguments a, Console console) throws IOException {
    Object out =
        ControlPlaneClient.call(
            a,
            "GET",
            "/findings?seconds="
                + a.flags().integer("seconds")
                + "&selector="
                + ServerApi.encoded(a.operand(0, "")),
            null);
    Table t = new Table();
    t.row("EXPORTER", "AGENTS", "RECORDS", "FINDINGS", "WHERE");
    for (Object d : list(object(out).get("destinations"))) {
      String unreadable = text(d, "unreadableBatches");
      t.row(
          text(d, "node"),
          list(object(d).get("agents")).size(),
          text(d, "records"),
          text(d, "findings"),
          where(d)
              + (unreadable.isEmpty() || unreadable.equals("0")
                  ? ""
                  : " (" + unreadable + " batches not readable)"));
    }
    t.print(console.out());
    List<?> errors = list(object(out).get("errors"));
    for (Object e : errors) {
      console.err().println(text(e, "uid") + ": " + text(e, "error"));
    }
    console
        .out()
        .println(
            ControlPlaneClient.counted(text(out, "findings"), "finding")
                + " in "
                + ControlPlaneClient.counted(text(out, "records"), "record"));
    boolean read = !text(out, "records").equals("0");
    if (!read) {
      console
          .err()
          .println(
              "no record passed in the time of the search, which proves nothing; search while there"
                  + " is traffic, or with more --seconds");
    }
    return read && errors.isEmpty() && text(out, "findings").equals("0") ? 0 : 1;
  }

  private static String where(@Nullable Object d) {
    List<String> out = new ArrayList<>();
    Object by = object(d).get("byDetector");
    if (by != null) {
      object(by)
          .forEach(
              (detector, fields) -> {
                List<String> places = new ArrayList<>();
                object(fields).forEach((field, n) -> places.add(field + " " + n));
                out.add(detector + ": " + String.join(", ", places));
              });
    }
    return String.join("; ", out);
  }
}
