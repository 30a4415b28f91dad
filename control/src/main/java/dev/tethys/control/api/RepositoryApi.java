package dev.tethys.control.api;

import dev.tethys.control.access.NotFoundException;
import dev.tethys.control.access.Tokens;
import dev.tethys.control.rollout.Holding;
import dev.tethys.control.rollout.Rollout;
import dev.tethys.control.rollout.Rollouts;
import dev.tethys.control.source.Repository;
import dev.tethys.control.source.SourceResources;
import dev.tethys.control.versions.ConfigStore;
import dev.tethys.web.Routes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** HTTP API of the repository under {@code /api/v1/control/repository}. */
public final class RepositoryApi {
  private final @Nullable Repository repository;
  private final ConfigStore store;
  private final Rollouts rollouts;
  private final Tokens tokens;

  public RepositoryApi(
      @Nullable Repository repository, ConfigStore store, Rollouts rollouts, Tokens tokens) {
    this.repository = repository;
    this.store = store;
    this.rollouts = rollouts;
    this.tokens = tokens;
  }

  public void addTo(Routes routes) {
    String root = ControlApi.ROOT + "/repository";
    routes.get(root, ControlApi.on(tokens, Tokens.Role.VIEWER, (q, u) -> json(present().state())));
    routes.post(
        root + "/pull",
        ControlApi.on(tokens, Tokens.Role.OPERATOR, (q, u) -> json(present().refresh())));
  }

  private Repository present() {
    if (repository == null) {
      throw new NotFoundException(
          "no repository; start the control plane with --repository or --kubernetes");
    }
    return repository;
  }

  private JsonNode json(Repository.State s) {
    Map<String, Rollout.Assignment> assigned = new HashMap<>();
    Map<String, List<Rollout>> own = new HashMap<>();
    rollouts.read(
        (all, assignments) -> {
          assignments.forEach(a -> assigned.put(a.configuration(), a));
          for (Rollout r : all) {
            own.computeIfAbsent(r.configuration, k -> new ArrayList<>()).add(r);
          }
          return assigned;
        });
    ObjectNode out = JsonMapper.shared().createObjectNode();
    out.put("commit", s.commit()).put("error", s.error()).put("readMillis", s.millis());
    ArrayNode files = out.putArray("files");
    for (Repository.Source f : s.files()) {
      int inGit = f.version();
      int latest = store.versions(f.name()).size();
      Rollout.Assignment a = assigned.get(f.name());
      int running = a == null ? 0 : a.version();
      Holding holding = a == null ? null : rollouts.holding(a);
      List<Rollout> rolledOut = own.getOrDefault(f.name(), List.of());
      ObjectNode n = files.addObject().put("configuration", f.name()).put("commit", f.commit());
      n.put("version", inGit).put("latestVersion", latest).put("rolledOut", running);
      String replaced = replaced(inGit, a, rolledOut);
      Set<Integer> undone = rollouts.undone(f.name()).keySet();
      int standing = latest; // an undone rollout does not change the file
      while (standing > inGit && undone.contains(standing)) {
        standing--;
      }
      String state = state(f, standing, running, holding, replaced);
      n.put("state", state).put("error", f.error());
      String detail = detail(state, running == inGit ? holding : null, replaced, inGit, rolledOut);
      if (state.equals("drift") && inGit < standing) {
        detail +=
            (detail.isEmpty() ? "" : "; ")
                + "version "
                + standing
                + ", added later, is not of the file";
      }
      n.put("detail", detail);
      if (holding != null) {
        n.put("agents", holding.agents()).put("runningAgents", holding.running());
      }
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

  /** Returns the rollout that replaced a file's version; "" if none. */
  private static String replaced(int inGit, Rollout.@Nullable Assignment now, List<Rollout> own) {
    if (now == null || now.version() == inGit) {
      return "";
    }
    boolean was = false; // whether agents had the version of the file
    String by = "";
    for (Rollout r : own) {
      boolean done = r.state == Rollout.State.DONE;
      was |= done && r.version == inGit;
      was |= done && r.before != null && r.before.version() == inGit;
      if (r.id == now.rollout()) {
        by = "rollout " + r.id + " of " + r.author + " gave agents version " + now.version();
      }
    }
    return was ? by : "";
  }

  /**
   * Returns the state of a file: {@code invalid}; {@code drift} where another version was added or
   * rolled out after that of the file and not undone, or its agents were given another
   * configuration; {@code pending} where its version is not rolled out, or agents rejected it;
   * {@code waiting} where no agent of its rollout is connected or runs it yet; or {@code current}.
   */
  private static String state(
      Repository.Source f, int latest, int running, @Nullable Holding holding, String replaced) {
    int inGit = f.version();
    if (!f.error().isEmpty()) {
      return "invalid";
    }
    if (inGit < latest || running > inGit || !replaced.isEmpty()) {
      return "drift";
    }
    if (running != inGit || holding == null) {
      return "pending";
    }
    if (holding.isReplaced()) {
      return "drift";
    }
    return holding.isRefused() ? "pending" : holding.isWaiting() ? "waiting" : "current";
  }

  /** Describes the versions that agents actually run, or why they do not run the file's version. */
  private static String detail(
      String state, @Nullable Holding holding, String replaced, int inGit, List<Rollout> own) {
    if (state.equals("invalid")) {
      return "";
    }
    if (!replaced.isEmpty()) {
      return replaced;
    }
    if (holding != null) {
      return holding.text();
    }
    Rollout last = null;
    for (Rollout r : own) {
      last = r.version == inGit ? r : last;
    }
    return last == null
        ? ""
        : "rollout "
            + last.id
            + " is "
            + last.state.word()
            + (last.stateReason.isEmpty() ? "" : ": " + last.stateReason);
  }
}
