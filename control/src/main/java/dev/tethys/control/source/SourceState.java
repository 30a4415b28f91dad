package dev.tethys.control.source;

import dev.tethys.control.state.StateFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * File with the resources applied from the repository, replaced as a whole by a rename.
 *
 * <p>Format: a JSON object with {@code format} (1), {@code files}, the manifests that were right
 * last, each with {@code path}, {@code text}, {@code commit}, {@code author} and {@code subject},
 * and {@code applied}, an object of resources with {@code hash}, {@code rollout} and {@code
 * refused}. Rules of an unreachable repository thus still apply after a restart, and resources
 * removed in the meantime are known.
 */
public final class SourceState {
  private final StateFile file;

  /** Last valid manifests by path. */
  final Map<String, SourceFiles.File> files = new TreeMap<>();

  /** Applied resources by kind and name. */
  final Map<String, Applied> applied = new TreeMap<>();

  /**
   * Applied resource.
   *
   * @param rollout rollout that it started, or because of which it started none; 0 if none
   * @param refused whether it started none, since its version was undone in that rollout
   * @param why reason of the undo, if that rollout is unknown here; "" otherwise
   */
  record Applied(String hash, long rollout, boolean refused, String why) {
    Applied(String hash, long rollout) {
      this(hash, rollout, false);
    }

    Applied(String hash, long rollout, boolean refused) {
      this(hash, rollout, refused, "");
    }
  }

  public SourceState(Path file) throws IOException {
    this.file = new StateFile(file);
    this.file.load(
        n -> {
          for (JsonNode f : n.path("files")) {
            String path = f.path("path").asString("");
            files.put(
                path,
                new SourceFiles.File(
                    path,
                    f.path("text").asString(""),
                    f.path("commit").asString(""),
                    f.path("author").asString(""),
                    f.path("subject").asString("")));
          }
          n.path("applied")
              .properties()
              .forEach(
                  e ->
                      applied.put(
                          e.getKey(),
                          new Applied(
                              e.getValue().path("hash").asString(""),
                              e.getValue().path("rollout").asLong(0),
                              e.getValue().path("refused").asBoolean(false),
                              e.getValue().path("why").asString(""))));
        });
  }

  void save() throws IOException {
    ObjectNode n = StateFile.content();
    ArrayNode all = n.putArray("files");
    for (SourceFiles.File f : files.values()) {
      all.addObject()
          .put("path", f.path())
          .put("text", f.text())
          .put("commit", f.commit())
          .put("author", f.author())
          .put("subject", f.subject());
    }
    ObjectNode a = n.putObject("applied");
    applied.forEach(
        (id, x) -> {
          ObjectNode o = a.putObject(id).put("hash", x.hash()).put("rollout", x.rollout());
          if (x.refused()) {
            o.put("refused", true);
            if (!x.why().isEmpty()) {
              o.put("why", x.why());
            }
          }
        });
    file.write(n);
  }

  void keepFiles(Collection<SourceFiles.File> now) {
    files.clear();
    now.forEach(f -> files.put(f.path(), f));
  }
}
