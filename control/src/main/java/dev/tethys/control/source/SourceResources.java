package dev.tethys.control.source;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.config.ConfigException;
import dev.tethys.control.access.Actor;
import dev.tethys.control.access.ConflictException;
import dev.tethys.control.access.NotFoundException;
import dev.tethys.control.automation.AutomationRule;
import dev.tethys.control.automation.DefinedRules;
import dev.tethys.control.live.Controls;
import dev.tethys.control.live.LiveControl;
import dev.tethys.control.mdai.ManifestReader;
import dev.tethys.control.mdai.Manifests;
import dev.tethys.control.mdai.Resource;
import dev.tethys.control.rollout.Rollout;
import dev.tethys.control.rollout.Rollouts;
import dev.tethys.control.source.SourceState.Applied;
import dev.tethys.control.text.Texts;
import dev.tethys.control.validation.ConfigTest;
import dev.tethys.control.versions.Packages;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.processor.control.Control;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Resources of the repository or cluster, and their application. A resource is applied once: later
 * changes by users are shown as drift and stay until the file changes. A file with an error keeps
 * the resources that it had before. Everything is guarded by this.
 */
public final class SourceResources {
  private static final System.Logger LOG = JulLogger.of(SourceResources.class.getName());

  /** Trigger for another rollout of an undone version. */
  public static final String CHANGE = "a change of the resource";

  /** Total number of characters of all manifests. */
  public static final long MAX_TEXT = 16L << 20;

  /** Remaining time below which a control without an end is prolonged. */
  private static final Duration PROLONGED = Controls.LONGEST.minusDays(1);

  /**
   * Resource state.
   *
   * @param state {@code current}, {@code drift}, {@code ended}, {@code rolling out}, {@code
   *     undone}, {@code waiting} or {@code invalid}
   * @param detail reason of the state; "" for none
   * @param rollout rollout that it started; 0 if none
   */
  public record Item(
      String kind,
      String name,
      String path,
      String commit,
      String state,
      String detail,
      long rollout) {
    public static Item invalid(String kind, String name, SourceFiles.File f, String detail) {
      return new Item(kind, name, f.path(), f.commit(), "invalid", detail, 0);
    }
  }

  /**
   * Text of a configuration in a resource.
   *
   * @param file file that contains only the text
   */
  record PipelineText(String name, SourceFiles.File file) {}

  /** Resource and its file. */
  private record Placed(SourceResource resource, SourceFiles.File file) {}

  private final Controls controls;
  private final Rollouts rollouts;
  private final DefinedRules rules;
  private final SourceState kept;
  private final ResourceStates states;
  private final Scheduler clock;
  private final String actorPrefix;
  private final String place;

  @GuardedBy("this")
  private final Map<String, Placed> resources = new LinkedHashMap<>(); // by kind and name

  @GuardedBy("this")
  private final List<Item> broken = new ArrayList<>();

  @GuardedBy("this")
  private final Map<String, String> waiting = new TreeMap<>(); // reasons, by kind and name

  @GuardedBy("this")
  private final Map<String, String> invalid = new TreeMap<>(); // configurations, by kind and name

  @GuardedBy("this")
  private Manifests manifests = Manifests.NONE;

  @GuardedBy("this")
  private boolean unsaved;

  private volatile Map<String, List<ConfigTest>> tests = Map.of();

  /**
   * @param actorPrefix prefix of author names in the audit log
   * @param place location of the resources, as returned by {@link SourceFiles#word}
   */
  public SourceResources(
      Controls controls,
      Rollouts rollouts,
      DefinedRules rules,
      SourceState kept,
      Scheduler clock,
      String actorPrefix,
      String place) {
    this.actorPrefix = actorPrefix;
    this.place = place;
    this.controls = controls;
    this.rollouts = rollouts;
    this.rules = rules;
    this.kept = kept;
    this.states = new ResourceStates(controls, rollouts, kept);
    this.clock = clock;
  }

  /** Returns the tests of a configuration. */
  public List<ConfigTest> tests(String configuration) {
    return tests.getOrDefault(configuration, List.of());
  }

  /** Whether a path had a manifest that was right. */
  synchronized boolean isKept(String path) {
    return kept.files.containsKey(path);
  }

  /** Returns the texts of configurations in resources. */
  synchronized List<PipelineText> pipelines() {
    List<PipelineText> out = new ArrayList<>();
    for (Placed p : resources.values()) {
      if (p.resource instanceof SourceResource.Pipeline x) {
        SourceFiles.File f = p.file;
        out.add(
            new PipelineText(
                x.meta().name(),
                new SourceFiles.File(
                    f.path() + " spec.config", x.text(), f.commit(), f.author(), f.subject())));
      }
    }
    return out;
  }

  /** Uses the rules and tests of the last valid files, before the repository is read. */
  public synchronized void restore() throws IOException {
    read(List.copyOf(kept.files.values()));
    defineRules();
  }

  /**
   * Reads files. Documents with an error keep their former content.
   *
   * @throws IOException if they are too large together
   */
  synchronized void read(List<SourceFiles.File> files) throws IOException {
    long length = 0;
    for (SourceFiles.File f : files) {
      length += f.text().length();
    }
    if (length > MAX_TEXT) {
      throw new IOException("the manifests have " + length + " characters; at most " + MAX_TEXT);
    }
    resources.clear();
    broken.clear();
    Map<String, SourceFiles.File> right = new TreeMap<>();
    Manifests all = Manifests.NONE;
    for (SourceFiles.File f : files) {
      SourceDocuments own = SourceDocuments.of(f);
      own.bad().forEach(b -> broken.add(Item.invalid(b.kind(), b.name(), f, b.error())));
      SourceFiles.File before = own.bad().isEmpty() ? null : kept.files.get(f.path());
      if (before != null) {
        own = own.keeping(SourceDocuments.of(before));
      }
      if (own.good().isEmpty() && !own.bad().isEmpty()) {
        continue;
      }
      SourceFiles.File used =
          own.bad().isEmpty()
              ? f
              : new SourceFiles.File(f.path(), own.text(), f.commit(), f.author(), f.subject());
      right.put(used.path(), used);
      for (SourceDocuments.Document d : own.good()) {
        try {
          Manifests more = all.with(d.manifests());
          rules.manifestsOfFlags().with(d.manifests());
          all = more;
        } catch (ConfigException e) {
          broken.add(Item.invalid("", "", f, String.valueOf(e.getMessage())));
        }
        for (SourceResource r : d.resources()) {
          place(r, used);
        }
      }
    }
    manifests = all;
    kept.keepFiles(right.values());
    unsaved = true;
    Map<String, List<ConfigTest>> byName = new TreeMap<>();
    for (Placed p : resources.values()) {
      if (p.resource instanceof SourceResource.Test t) {
        byName.computeIfAbsent(t.test().configuration(), k -> new ArrayList<>()).add(t.test());
      }
    }
    tests = byName;
  }

  @GuardedBy("this")
  private void place(SourceResource r, SourceFiles.File f) {
    SourceResource.Meta m = r.meta();
    Placed other = resources.putIfAbsent(m.id(), new Placed(r, f));
    String problem =
        other != null
            ? m.where() + ": it is already defined at " + other.resource.meta().where()
            : r instanceof SourceResource.Rule && rules.namesOfFlags().contains(m.name())
                ? m.where() + ": --automation has a rule of this name"
                : "";
    if (!problem.isEmpty()) {
      if (other == null) {
        resources.remove(m.id());
      }
      broken.add(Item.invalid(m.kind(), m.name(), f, problem));
    }
  }

  /**
   * Applies changed resources, and ends the controls whose files were removed.
   *
   * @param sources configuration sources by name
   * @param author author of the latest commit
   * @throws IOException if a change is not on disk; the next call retries
   */
  synchronized void apply(Map<String, Repository.Source> sources, String commit, String author)
      throws IOException {
    Map<String, Applied> before = new TreeMap<>(kept.applied);
    defineRules();
    waiting.clear();
    invalid.clear();
    for (Placed p : resources.values()) {
      try {
        switch (p.resource) {
          case SourceResource.LiveControl c -> apply(c, p.file);
          case SourceResource.Rollout r -> apply(r, p.file, sources);
          case SourceResource.Pipeline x -> apply(x, p.file, sources);
          case SourceResource.Rule r -> note(r.meta(), r.meta().hash(), 0);
          case SourceResource.Test t -> note(t.meta(), t.meta().hash(), 0);
        }
      } catch (ConflictException | NotFoundException | IllegalArgumentException e) {
        waiting.put(p.resource.meta().id(), String.valueOf(e.getMessage()));
      }
    }
    for (String id : before.keySet()) {
      if (!resources.containsKey(id)) {
        remove(id, commit, author);
      }
    }
    if (unsaved || !before.equals(kept.applied)) {
      kept.save();
      unsaved = false;
    }
  }

  private void remove(String id, String commit, String author) throws IOException {
    String name = id.substring(id.indexOf('/') + 1);
    String why = "removed from the " + place + " at " + Texts.shortened(commit, 11);
    if (id.startsWith(SourceResource.PIPELINE + "/")) {
      rollouts.withdraw(name, Actor.source(actorPrefix + author), why);
    }
    if (id.startsWith(SourceResource.CONTROL + "/") && controls.active(name) != null) {
      try {
        controls.end(name, actorPrefix + author, why);
      } catch (ConflictException | NotFoundException e) {
        LOG.log(Level.DEBUG, "Control has already ended", e);
      }
    }
    kept.applied.remove(id);
  }

  @GuardedBy("this")
  private void defineRules() throws IOException {
    List<AutomationRule> all = new ArrayList<>();
    for (Placed p : resources.values()) {
      if (p.resource instanceof SourceResource.Rule r) {
        all.add(r.rule());
      }
    }
    try {
      rules.takeRepository(all, manifests);
    } catch (ConfigException e) {
      broken.add(new Item("", "", "", "", "invalid", String.valueOf(e.getMessage()), 0));
    }
  }

  private void note(SourceResource.Meta m, String hash, long rollout) {
    kept.applied.put(m.id(), new Applied(hash, rollout));
  }

  private void apply(SourceResource.LiveControl c, SourceFiles.File f) throws IOException {
    SourceResource.Meta m = c.meta();
    Applied last = kept.applied.get(m.id());
    LiveControl active = controls.active(m.name());
    long now = clock.millis();
    if (last != null && last.hash().equals(m.hash())) {
      boolean standing = c.duration() == null && c.end() == null;
      if (standing
          && active != null
          && ResourceStates.isSame(c, active)
          && active.control().endMillis() - now < PROLONGED.toMillis()) {
        controls.prolong(m.name(), now + Controls.LONGEST.toMillis());
      }
      return;
    }
    long longest = now + Controls.LONGEST.toMillis();
    long end =
        c.end() != null
            ? c.end().toEpochMilli()
            : now + (c.duration() == null ? Controls.LONGEST : c.duration()).toMillis();
    if (end > longest) {
      throw new IllegalArgumentException("end must be at most 30d from now; leave it out for none");
    }
    boolean adopted =
        active != null
            && ResourceStates.isSame(c, active)
            && (c.end() == null || active.control().endMillis() == end);
    if (end > now && !adopted) {
      controls.put(
          c.control(), c.selector(), end, actorPrefix + f.author(), reason(c.control(), f));
    } else if (end <= now && active != null) {
      controls.end(m.name(), actorPrefix + f.author(), "its end in the repository has passed");
    }
    note(m, m.hash(), 0);
  }

  private static String reason(Control c, SourceFiles.File f) {
    return c.reason().isEmpty()
        ? Texts.shortened(f.commit() + " " + f.subject(), 1024)
        : c.reason();
  }

  @GuardedBy("this")
  private void apply(
      SourceResource.Pipeline p, SourceFiles.File f, Map<String, Repository.Source> sources)
      throws IOException {
    Repository.Source s = sources.get(p.meta().name());
    if (s != null && !s.error().isEmpty()) {
      invalid.put(p.meta().id(), s.error());
    } else {
      apply(p.rollout(), f, sources);
    }
  }

  private void apply(
      SourceResource.Rollout r, SourceFiles.File f, Map<String, Repository.Source> sources)
      throws IOException {
    int version = version(r, sources);
    String hash = hash(r, version);
    Applied last = kept.applied.get(r.meta().id());
    if (last != null && last.hash().equals(hash)) {
      return;
    }
    if (!r.guard().query().isEmpty() && !rollouts.hasQueries()) {
      throw new IllegalArgumentException(
          "query requires a Prometheus: start the control plane with --prometheus.url");
    }
    boolean byVersion =
        last != null && IntStream.range(1, version).anyMatch(v -> hash(r, v).equals(last.hash()));
    Actor actor =
        Actor.source(
            actorPrefix + (byVersion ? rollouts.author(r.configuration(), version) : f.author()));
    String reason =
        r.reason().isEmpty() ? reason(f, rollouts.reason(r.configuration(), version)) : r.reason();
    Long adopted =
        rollouts.adopt(
            r.configuration(),
            version,
            r.selector(),
            last == null || last.refused() ? 0 : last.rollout(),
            actor,
            reason);
    if (adopted != null) {
      note(r.meta(), hash, adopted);
      return;
    }
    Rollout undone = rollouts.lastUndone(r.configuration(), version);
    if (undone != null
        && !rollouts.gave(last == null ? 0 : last.rollout(), r.configuration(), version)) {
      kept.applied.put(r.meta().id(), new Applied(hash, undone.id, true));
      return;
    }
    if (last == null && !f.undone().isEmpty()) {
      // The former leader knew the rollout, and its data are not here.
      kept.applied.put(r.meta().id(), new Applied(hash, 0, true, f.undone()));
      return;
    }
    Rollout started =
        rollouts.start(r.configuration(), version, r.selector(), r.guard(), actor, reason);
    note(r.meta(), hash, started.id);
    kept.save(); // so that it is not restarted when the next step fails
  }

  /** Identifies the content of a resource and a version of its configuration. */
  private static String hash(SourceResource.Rollout r, int version) {
    return Texts.sha256(r.meta().hash() + "/" + version);
  }

  /** Returns the commit of the resource, and of the version if it differs. */
  private static String reason(SourceFiles.File f, String ofVersion) {
    String own = f.commit() + " " + f.subject();
    return ofVersion.isEmpty() || ofVersion.equals(own) ? own : ofVersion + "; " + own;
  }

  private int version(SourceResource.Rollout r, Map<String, Repository.Source> sources) {
    if (r.version() != null) {
      return r.version();
    }
    Repository.Source source = sources.get(r.configuration());
    if (source == null) {
      throw new IllegalArgumentException(
          "the " + place + " has no configuration " + r.configuration() + "; write a version");
    }
    if (!source.error().isEmpty()) {
      throw new IllegalArgumentException(
          "the configuration " + r.configuration() + " of the " + place + " is not valid");
    }
    return source.version();
  }

  /** Returns the state of each resource. */
  synchronized List<Item> items() {
    List<Item> out = new ArrayList<>();
    for (Placed p : resources.values()) {
      SourceResource.Meta m = p.resource.meta();
      String why = waiting.getOrDefault(m.id(), "");
      String error = invalid.getOrDefault(m.id(), "");
      ResourceStates.State state =
          !error.isEmpty()
              ? new ResourceStates.State("invalid", error)
              : !why.isEmpty() ? new ResourceStates.State("waiting", why) : states.of(p.resource);
      Applied a = kept.applied.get(m.id());
      out.add(
          new Item(
              m.kind(),
              m.name(),
              p.file.path(),
              p.file.commit(),
              state.word(),
              state.detail(),
              a == null ? 0 : a.rollout()));
    }
    for (Resource r : manifests.resources()) {
      String path = r.meta().where().replaceFirst(":\\d+:\\d+$", "");
      SourceFiles.File f = kept.files.get(path);
      out.add(
          new Item(
              r.meta().kind(),
              r.meta().name(),
              path,
              f == null ? "" : f.commit(),
              "current",
              "",
              0));
    }
    out.addAll(broken);
    return out;
  }

  /** Whether a control comes from a file without an end. */
  public synchronized boolean isStanding(String id) {
    Placed p = resources.get(SourceResource.CONTROL + "/" + id);
    return p != null
        && p.resource instanceof SourceResource.LiveControl c
        && c.duration() == null
        && c.end() == null;
  }

  /** Returns the files with tests and MDAI resources, by path. */
  public synchronized Map<String, String> otherFiles() {
    Map<String, String> out = new TreeMap<>();
    for (SourceFiles.File f : kept.files.values()) {
      boolean tests =
          resources.values().stream()
              .anyMatch(p -> p.file == f && p.resource instanceof SourceResource.Test);
      if (tests || f.text().contains(ManifestReader.GROUP)) {
        out.put(f.path(), f.text());
      }
    }
    return out;
  }

  /** Returns running resources that are not in the repository. */
  synchronized List<Item> others(Set<String> configurations, List<AutomationRule> running) {
    List<Item> out = new ArrayList<>();
    for (LiveControl c : controls.state().active) {
      String id = c.control().id();
      boolean automatic = c.control().observe() || running.stream().anyMatch(r -> r.starts(id));
      if (!automatic && !resources.containsKey(SourceResource.CONTROL + "/" + id)) {
        out.add(
            other(
                SourceResource.CONTROL,
                id,
                c.control().action().word() + " of " + c.ownerAndAuthor()));
      }
    }
    for (String name : rules.namesOfFlags()) {
      out.add(other(SourceResource.RULE, name, "rule of --automation"));
    }
    Set<String> rolledOut = new HashSet<>();
    for (Placed p : resources.values()) {
      if (p.resource instanceof SourceResource.Rollout r) {
        rolledOut.add(r.configuration());
      } else if (p.resource instanceof SourceResource.Pipeline x) {
        rolledOut.add(x.rollout().configuration());
      }
    }
    rollouts.read(
        (all, assignments) -> {
          for (Rollout.Assignment a : assignments) {
            if (a.configuration().startsWith(Packages.PREFIX)) {
              continue; // packages have no files here
            }
            if (!configurations.contains(a.configuration())
                && assignments.reversed().stream()
                        .filter(x -> x.configuration().equals(a.configuration()))
                        .findFirst()
                        .orElse(a)
                    == a) { // once, also where it has several selectors
              out.add(other("configuration", a.configuration(), "version " + a.version()));
            }
            if (!rolledOut.contains(a.configuration())) {
              out.add(
                  other(
                      SourceResource.ROLLOUT,
                      a.configuration(),
                      "version " + a.version() + " to \"" + a.selector() + "\""));
            }
          }
          return out;
        });
    return out;
  }

  private Item other(String kind, String name, String detail) {
    return new Item(kind, name, "", "", "not in the " + place, detail, 0);
  }
}
