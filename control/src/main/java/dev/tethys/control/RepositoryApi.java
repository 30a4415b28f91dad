package dev.tethys.control;

import dev.tethys.web.Routes;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** HTTP API of the repository under {@code /api/v1/control/repository}. */
final class RepositoryApi {
  private final @Nullable Repository repository;
  private final ConfigStore store;
  private final Rollouts rollouts;
  private final Tokens tokens;

  RepositoryApi(
      @Nullable Repository repository, ConfigStore store, Rollouts rollouts, Tokens tokens) {
    this.repository = repository;
    this.store = store;
    this.rollouts = rollouts;
    this.tokens = tokens;
  }

  void addTo(Routes routes) {
    String root = ControlApi.ROOT + "/repository";
    routes.get(root, ControlApi.on(tokens, Tokens.Role.VIEWER, (q, u) -> json(present().state())));
    routes.post(
        root + "/pull",
        ControlApi.on(tokens, Tokens.Role.OPERATOR, (q, u) -> json(present().refresh())));
  }

  private Repository present() {
    if (repository == null) {
      throw new Rollouts.NotFoundException(
          "there is no repository; start the control plane with --repository or --kubernetes");
    }
    return repository;
  }

  private JsonNode json(Repository.State s) {
    Map<String, Integer> assigned = new HashMap<>();
    rollouts.read(
        (all, assignments) -> {
          assignments.forEach(a -> assigned.put(a.configuration(), a.version()));
          return assigned;
        });
    ObjectNode out = JsonMapper.shared().createObjectNode();
    out.put("commit", s.commit()).put("error", s.error()).put("readMillis", s.millis());
    ArrayNode files = out.putArray("files");
    for (Repository.Source f : s.files()) {
      int inGit = f.version();
      int latest = store.versions(f.name()).size();
      int running = assigned.getOrDefault(f.name(), 0);
      ObjectNode n = files.addObject().put("configuration", f.name()).put("commit", f.commit());
      n.put("version", inGit).put("latestVersion", latest).put("rolledOut", running);
      n.put("state", state(f, inGit, latest, running)).put("error", f.error());
    }
    put(out.putArray("resources"), s.resources());
    put(out.putArray("notInRepository"), s.others());
    return out;
  }

  private static void put(ArrayNode out, List<SourceResources.Item> items) {
    for (SourceResources.Item i : items) {
      ObjectNode n = out.addObject().put("kind", i.kind()).put("name", i.name());
      n.put("file", i.path()).put("commit", i.commit());
      n.put("state", i.state()).put("detail", i.detail()).put("rollout", i.rollout());
    }
  }

  /**
   * State of a file: {@code invalid}, {@code drift} where another version was added or rolled out
   * after that of the file, {@code pending} where its version is not rolled out, or {@code
   * current}.
   */
  static String state(Repository.Source f, int inGit, int latest, int running) {
    if (!f.error().isEmpty()) {
      return "invalid";
    }
    if (inGit < latest || running > inGit) {
      return "drift";
    }
    return running == inGit ? "current" : "pending";
  }
}
