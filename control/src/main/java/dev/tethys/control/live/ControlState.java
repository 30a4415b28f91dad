package dev.tethys.control.live;

import dev.tethys.control.access.Selector;
import dev.tethys.control.state.StateFile;
import dev.tethys.pipeline.processor.control.Control;
import dev.tethys.pipeline.processor.control.ControlDocument;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * File of live controls, replaced as a whole by a rename.
 *
 * <p>Format: a JSON object with {@code format} (1), {@code nextId} and {@code controls}, each of
 * which has {@code document}, a text of {@link ControlDocument} with one control.
 */
public final class ControlState {
  private final StateFile file;

  public ControlState(Path file) {
    this.file = new StateFile(file);
  }

  /** Contents of the state file. */
  record Loaded(long nextId, List<LiveControl> controls) {}

  Loaded load() throws IOException {
    return file.read(
        n -> {
          List<LiveControl> out = new ArrayList<>();
          for (JsonNode c : n.path("controls")) {
            List<Control> one =
                ControlDocument.read(file.toString(), c.path("document").asString(""));
            out.add(
                new LiveControl(
                    one.getFirst(),
                    Selector.parse(c.path("selector").asString("")),
                    c.path("author").asString(""),
                    c.path("started").asLong(0),
                    c.path("ended").asLong(0),
                    c.path("endedBy").asString(""),
                    c.path("endReason").asString("")));
          }
          return new Loaded(n.path("nextId").asLong(1), out);
        });
  }

  void save(long nextId, List<LiveControl> controls) throws IOException {
    ObjectNode n = StateFile.content();
    n.put("nextId", nextId);
    ArrayNode all = n.putArray("controls");
    for (LiveControl c : controls) {
      all.addObject()
          .put("document", ControlDocument.write(List.of(c.control())))
          .put("selector", c.selector().toString())
          .put("author", c.author())
          .put("started", c.startedMillis())
          .put("ended", c.endedMillis())
          .put("endedBy", c.endedBy())
          .put("endReason", c.endReason());
    }
    file.write(n);
  }
}
