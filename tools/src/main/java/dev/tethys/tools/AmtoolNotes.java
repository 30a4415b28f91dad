package dev.tethys.tools;

import dev.tethys.runtime.cli.Flag;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code amtool alert note}: notes and acknowledgements, which the original has not. */
final class AmtoolNotes {
  private AmtoolNotes() {}

  static Command command() {
    return new Command(
        "amtool alert note",
        "<labels...>",
        "Write a note on the alert with these labels, or acknowledge it. A first word without = is"
            + " its name. Prints the id. Only for Tethys's Alertmanager.",
        List.of(
            Flag.of(
                "author",
                Flag.Kind.STRING,
                System.getProperty("user.name", ""),
                "Author of the note."),
            Flag.of("comment", Flag.Kind.STRING, "", "Text."),
            Flag.of(
                "acknowledge",
                Flag.Kind.BOOLEAN,
                "false",
                "Do not repeat notifications until something changes."),
            Flag.of(
                "end",
                Flag.Kind.STRING,
                "",
                "End of the acknowledgement (RFC 3339); no end by default.")),
        1,
        Command.ANY,
        AmtoolNotes::run);
  }

  private static int run(Command.Arguments a, Console console) throws IOException {
    try (AmtoolServer server = new AmtoolServer(a)) {
      Map<String, Object> note = new LinkedHashMap<>();
      note.put("labels", server.pairs("labels", server.withName(a.operands())));
      note.put("author", a.flags().get("author"));
      note.put("text", a.flags().get("comment"));
      note.put("acknowledges", a.flags().bool("acknowledge"));
      if (!a.flags().get("end").isEmpty()) {
        note.put("until", AmtoolServer.time(a.flags().get("end")).toString());
      }
      String body = AmtoolServer.JSON.writeValueAsString(note);
      console
          .out()
          .println(server.call(AmtoolServer.Call.POST_NOTE, "", "", body).path("id").asString());
    }
    return 0;
  }
}
