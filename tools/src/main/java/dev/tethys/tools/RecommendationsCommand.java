package dev.tethys.tools;

import static dev.tethys.tools.ControlPlaneClient.list;
import static dev.tethys.tools.ControlPlaneClient.object;
import static dev.tethys.tools.ControlPlaneClient.text;

import dev.tethys.pipeline.web.Json;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.UsageException;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * {@code control recommendations}: lists recommendations for the fleet, or starts the control of
 * one.
 */
final class RecommendationsCommand {
  private RecommendationsCommand() {}

  static Command command() {
    return ControlPlaneClient.command(
        "recommendations",
        "[<selector>]",
        "Sample what agents receive and list data that costs more than it is worth, with "
            + "evidence and savings; --apply starts the control of one.",
        List.of(
            Flag.of("seconds", Flag.Kind.INTEGER, "10", "Time of the sample, at most 30."),
            Flag.of(
                "apply",
                Flag.Kind.INTEGER,
                "0",
                "Number of the recommendation whose control is started."),
            Flag.of("for", Flag.Kind.DURATION, "24h", "Duration of the control."),
            Flag.of("owner", Flag.Kind.STRING, "", "Owner of the control."),
            Flag.of(
                "reason",
                Flag.Kind.STRING,
                "",
                "Reason of the control; its evidence by default. Kept in the audit log."),
            ControlPlaneClient.AUTHOR),
        0,
        1,
        RecommendationsCommand::run);
  }

  private static int run(Command.Arguments a, Console console) throws IOException {
    Object out =
        ControlPlaneClient.call(
            a,
            "GET",
            "/recommendations?seconds="
                + a.flags().integer("seconds")
                + "&selector="
                + ServerApi.encoded(a.operand(0, "")),
            null);
    List<?> all = list(object(out).get("recommendations"));
    int n = 0;
    for (Object r : all) {
      print(++n, r, console);
    }
    for (Object e : list(object(out).get("errors"))) {
      console.err().println(text(e, "uid") + ": " + text(e, "error"));
    }
    if (all.isEmpty()) {
      console.out().println("nothing is recommended");
    }
    long apply = a.flags().integer("apply");
    if (apply == 0) {
      return 0;
    }
    if (apply < 1 || apply > all.size()) {
      throw new UsageException(
          "--apply=" + apply + " must be the number of one of " + all.size() + " recommendations");
    }
    start(all.get((int) apply - 1), a, console);
    return 0;
  }

  private static void print(int number, @Nullable Object r, Console console) {
    console
        .out()
        .printf(
            Locale.ROOT,
            "%d. %s, %s: %.1f%% of the items, %s bytes/s, %s%n   %s%n",
            number,
            text(r, "kind").replace('_', ' '),
            text(r, "signal"),
            100 * Double.parseDouble(text(r, "share")),
            text(r, "savedBytesPerSecond"),
            ControlPlaneClient.counted(text(r, "agents"), "agent"),
            text(r, "evidence"));
    for (Object e : list(object(r).get("examples"))) {
      console.out().println("     " + e);
    }
    Object control = object(r).get("control");
    if (control != null) {
      console.out().println("   control: filter " + text(control, "condition"));
    }
    String configuration = text(r, "configuration");
    if (!configuration.isEmpty()) {
      console.out().println("   for a version of the configuration:");
      configuration.lines().forEach(l -> console.out().println("     " + l));
    }
  }

  private static void start(@Nullable Object r, Command.Arguments a, Console console)
      throws IOException {
    Object control = object(r).get("control");
    if (control == null) {
      throw new IOException(
          "a control cannot apply it: add the processor to the configuration, and see the effect by"
              + " tethys tool control dry-run");
    }
    String reason = a.flags().get("reason");
    Json j = new Json().open('{').key("author").text(a.flags().get("author"));
    j.key("reason").text(reason.isEmpty() ? "recommended: " + text(r, "evidence") : reason);
    j.key("owner").text(a.flags().get("owner")).key("duration").text(a.flags().get("for"));
    object(control).forEach((key, v) -> j.key(key).raw(JsonMapper.shared().writeValueAsString(v)));
    Object c = ControlPlaneClient.call(a, "POST", "/controls", j.close('}').toString());
    console.out().println("control " + text(c, "id") + " is " + text(c, "state"));
  }
}
