package dev.tethys.alert.manager.schedule;

import dev.tethys.alert.manager.config.TimeInterval;
import dev.tethys.alert.manager.state.SharedRecords;
import dev.tethys.alert.manager.state.StateJson;
import java.time.Instant;
import tools.jackson.databind.JsonNode;

/**
 * The payload of a recurring silence: {@code {"id", "matchers": [{"name", "value", "type"}],
 * "schedule", "until", "createdBy", "comment", "updatedAt", "withdrawn"}}, {@code until} absent for
 * none, {@code schedule} as it was written.
 */
final class RecurringSilenceJson implements SharedRecords.Format<RecurringSilence> {
  @Override
  public byte[] encode(RecurringSilence r) {
    return StateJson.object(
        g -> {
          g.writeStringProperty("id", r.id());
          g.writeName("matchers");
          StateJson.matchers(g, r.matchers());
          g.writeStringProperty("schedule", r.schedule());
          Instant until = r.until();
          if (until != null) {
            g.writeStringProperty("until", until.toString());
          }
          g.writeStringProperty("createdBy", r.createdBy());
          g.writeStringProperty("comment", r.comment());
          g.writeStringProperty("updatedAt", r.updatedAt().toString());
          g.writeBooleanProperty("withdrawn", r.withdrawn());
        });
  }

  @Override
  public RecurringSilence decode(byte[] payload) {
    JsonNode n = StateJson.tree(payload);
    String schedule = n.required("schedule").asString();
    return new RecurringSilence(
        n.required("id").asString(),
        StateJson.matchers(n.required("matchers")),
        schedule,
        TimeInterval.parse("schedule", schedule),
        n.has("until") ? StateJson.time(n, "until") : null,
        n.required("createdBy").asString(),
        n.required("comment").asString(),
        StateJson.time(n, "updatedAt"),
        n.required("withdrawn").asBoolean());
  }
}
