package dev.tethys.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.access.Scope;
import dev.tethys.model.profiles.ProfileBatch;
import dev.tethys.model.profiles.ProfileLabels;
import dev.tethys.model.profiles.ProfileReader;
import dev.tethys.model.profiles.ProfileRows;
import dev.tethys.model.profiles.ProfileSelection;
import dev.tethys.model.profiles.ProfileStore;
import dev.tethys.model.profiles.ProfileSymbols;
import dev.tethys.model.profiles.Samples;
import dev.tethys.model.profiles.StackMerge;
import dev.tethys.model.profiles.StackTree;
import dev.tethys.model.storage.EventDeletion;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Behaviour of every {@link ProfileStore}. The test of a store extends this and creates an empty
 * one; a store with several places for profiles runs it once with the profiles in each.
 */
public abstract class ProfileStoreContract {
  /** 2026-11-25T12:00:00Z in Unix nanoseconds. */
  protected static final long T0 = 1_795_608_000_000_000_000L;

  protected static final long SECOND = 1_000_000_000L;
  protected static final Scope SCOPE = Scope.DEFAULT;
  private static final ProfileLabels.Type CPU =
      new ProfileLabels.Type("process_cpu", "cpu", "nanoseconds", "cpu", "nanoseconds");

  /** Store under test. */
  protected ProfileStore store;

  /**
   * Profile written and read by a test.
   *
   * @param samples values by stack, frames from the outermost separated by semicolons, followed
   *     after a {@code |} by the span of the sample
   * @param comment attribute of the profile, "" for none
   */
  public record Profile(
      Labels series, long time, long duration, String comment, Map<String, Long> samples) {}

  /** Creates an empty store. */
  protected abstract ProfileStore open() throws Exception;

  /** Called between writing and reading. */
  protected void settle() throws Exception {}

  @BeforeEach
  void openStore() throws Exception {
    store = open();
  }

  @AfterEach
  void closeStore() {
    store.close();
  }

  // ---- helpers

  /** Labels of a CPU profile. */
  public static Labels cpu(String service, String... more) {
    Map<String, String> labels = new LinkedHashMap<>();
    labels.put(ProfileLabels.SERVICE, service);
    for (int i = 0; i < more.length; i += 2) {
      labels.put(more[i], more[i + 1]);
    }
    return ProfileLabels.series(labels, CPU);
  }

  /**
   * Creates a batch from profiles. Frames have a function, a file, a mapping, an address and a
   * line.
   */
  public static ProfileBatch batch(List<Profile> profiles) {
    ProfileBatch b = new ProfileBatch();
    Samples samples = new Samples();
    for (Profile p : profiles) {
      samples.clear();
      p.samples.forEach((key, value) -> add(b, key, value, samples));
      int meta = 0;
      if (!p.comment.isEmpty()) {
        long[] set = {
          b.symbols.string("pprof.profile.comment"),
          ProfileSymbols.TEXT,
          b.symbols.string(p.comment),
          0
        };
        meta = b.symbols.attributes.intern(set, set.length);
      }
      b.rows.add(b.series(p.series), p.time, p.duration, 10_000_000, meta, samples);
    }
    return b;
  }

  private static void add(ProfileBatch b, String key, long value, Samples to) {
    int bar = key.indexOf('|');
    String stack = bar < 0 ? key : key.substring(0, bar);
    int node = 0;
    for (String frame : stack.isEmpty() ? new String[0] : stack.split(";")) {
      int name = b.symbols.string(frame);
      long[] mapping = {4096, 8192, 0, b.symbols.string("/bin/app"), b.symbols.string("id-1"), 1};
      long[] function = {name, name, b.symbols.string(frame + ".c"), 7};
      long[] location = {
        b.symbols.mappings.intern(mapping, mapping.length),
        frame.hashCode(),
        0,
        b.symbols.functions.intern(function, function.length),
        9,
        3
      };
      node = b.symbols.nodes.intern(node, b.symbols.locations.intern(location, location.length));
    }
    int set = 0;
    if (bar >= 0) {
      String span = key.substring(bar + 1);
      long[] attributes = {
        b.symbols.string(span.startsWith("!") ? StackMerge.PROFILE_ID : StackMerge.SPAN_ID),
        ProfileSymbols.TEXT,
        b.symbols.string(span.replace("!", "")),
        0
      };
      set = b.symbols.attributes.intern(attributes, attributes.length);
    }
    to.add(node, set, value);
  }

  /** Appends profiles; all are accepted. */
  protected void append(Profile... profiles) {
    assertThat(store.append(SCOPE, batch(List.of(profiles))).refusals()).isEmpty();
  }

  /** Profiles of a selection, sorted by their text. */
  protected List<Profile> read(List<Matcher> matchers, long from, long to) {
    return read(SCOPE, matchers, from, to);
  }

  private List<Profile> read(Scope scope, List<Matcher> matchers, long from, long to) {
    List<Profile> out = new ArrayList<>();
    try (ProfileSelection s = store.select(scope, matchers, from, to)) {
      s.read(new Reading(s.series(), out), () -> false);
      assertThat(s.damage()).isEmpty();
    }
    out.sort((a, b) -> a.toString().compareTo(b.toString()));
    return out;
  }

  /** Returns all profiles. */
  protected List<Profile> readAll() {
    return read(List.of(), Long.MIN_VALUE, Long.MAX_VALUE);
  }

  /** Profiles of a list, sorted as {@link #read} sorts them. */
  protected static List<Profile> sorted(List<Profile> profiles) {
    List<Profile> out = new ArrayList<>(profiles);
    out.replaceAll(
        p -> new Profile(p.series, p.time, p.duration, p.comment, new TreeMap<>(p.samples)));
    out.sort((a, b) -> a.toString().compareTo(b.toString()));
    return out;
  }

  /** Converts read data to profiles of a test. */
  private static final class Reading implements ProfileReader {
    private final List<Labels> series;
    private final List<Profile> out;
    private ProfileSymbols symbols = new ProfileBatch().symbols.view();

    Reading(List<Labels> series, List<Profile> out) {
      this.series = series;
      this.out = out;
    }

    @Override
    public boolean needsSamples() {
      return true;
    }

    @Override
    public void begin(ProfileSymbols of) {
      symbols = of;
    }

    @Override
    public void profile(int index, ProfileRows rows, int row, Samples samples) {
      assertThat(rows.totals[row]).isEqualTo(samples.total());
      assertThat(rows.periods[row]).isEqualTo(10_000_000);
      Map<String, Long> all = new TreeMap<>();
      for (int i = 0; i < samples.count; i++) {
        String span = symbols.text(samples.attributes[i], StackMerge.SPAN_ID);
        all.merge(
            stack(samples.stacks[i]) + (span.isEmpty() ? "" : "|" + span),
            samples.values[i],
            Long::sum);
      }
      out.add(
          new Profile(
              series.get(index),
              rows.times[row],
              rows.durations[row],
              symbols.text(rows.metas[row], "pprof.profile.comment"),
              all));
    }

    private String stack(int node) {
      List<String> frames = new ArrayList<>();
      for (int n = node; n != 0; n = (int) symbols.nodes().get(n, 0)) {
        int location = (int) symbols.nodes().get(n, 1);
        String frame = symbols.frame(location, 0);
        assertThat(symbols.locations().get(location, 1)).isEqualTo(frame.hashCode());
        assertThat(symbols.locations().get(location, 4)).isEqualTo(9);
        long mapping = symbols.locations().get(location, 0);
        assertThat(symbols.string(symbols.mappings().get((int) mapping, 4))).isEqualTo("id-1");
        long function = symbols.locations().get(location, 3);
        assertThat(symbols.string(symbols.functions().get((int) function, 2)))
            .isEqualTo(frame + ".c");
        frames.add(frame);
      }
      Collections.reverse(frames);
      return String.join(";", frames);
    }

    @Override
    public void end() {}
  }

  private static Profile profile(String service, long seconds, Map<String, Long> samples) {
    return new Profile(cpu(service), T0 + seconds * SECOND, 10 * SECOND, "", samples);
  }

  private static Matcher service(String name) {
    return Matcher.of(Matcher.Type.EQUAL, ProfileLabels.SERVICE, name);
  }

  // ---- behaviour

  @Test
  void profilesAreReadAsTheyWereWritten() throws Exception {
    List<Profile> all =
        List.of(
            new Profile(cpu("a", "env", "x"), T0, SECOND, "go1.25", Map.of("main;f", 10L)),
            profile("a", 10, Map.of("main;f", 20L, "main;g", 30L, "main", 5L)),
            profile("b", 5, Map.of("main;f|0a0b", -7L, "main;f", 1L, "", 3L)),
            profile("b", 6, Map.of()),
            profile("c", -86_400, Map.of("x", Long.MAX_VALUE, "y", Long.MIN_VALUE)));
    append(all.toArray(Profile[]::new));
    settle();
    assertThat(readAll()).isEqualTo(sorted(all));
  }

  @Test
  void matchersAndTimesSelect() throws Exception {
    append(
        profile("a", 0, Map.of("f", 1L)),
        profile("a", 10, Map.of("f", 2L)),
        profile("b", 0, Map.of("f", 4L)));
    settle();
    assertThat(read(List.of(service("a")), T0, T0 + 10 * SECOND))
        .isEqualTo(sorted(List.of(profile("a", 0, Map.of("f", 1L)))));
    assertThat(read(List.of(service("a")), T0 + 1, T0 + 10 * SECOND + 1))
        .isEqualTo(sorted(List.of(profile("a", 10, Map.of("f", 2L)))));
    assertThat(read(List.of(service("none")), T0, T0 + 100 * SECOND)).isEmpty();
    assertThat(store.labelValues(SCOPE, "service_name", List.of(), T0, T0 + SECOND))
        .containsExactly("a", "b");
    assertThat(store.labelValues(SCOPE, "service_name", List.of(), T0 + 1, T0 + 11 * SECOND))
        .containsExactly("a");
    assertThat(store.labelNames(SCOPE, List.of(), T0, T0 + SECOND))
        .contains("service_name", "__profile_type__");
    assertThat(store.series(SCOPE, List.of(service("b")), T0, T0 + SECOND))
        .containsExactly(cpu("b"));
  }

  @Test
  void mergedStacksAreTheSumOfAllProfiles() throws Exception {
    append(profile("a", 0, Map.of("main;f", 1L, "main", 2L)));
    append(profile("a", 1, Map.of("main;f", 10L, "main;f;g", 20L)));
    append(profile("b", 2, Map.of("main;h|0a0b", 100L, "main;h", 1000L)));
    settle();
    StackTree.Sorted all = tree(List.of(), Set.of());
    assertThat(text(all)).isEqualTo(" 1133;main 1133;f 31;g 20;h 1100");
    assertThat(text(tree(List.of("main", "f"), Set.of()))).isEqualTo(" 31;main 31;f 31;g 20");
    assertThat(text(tree(List.of(), Set.of("0a0b")))).isEqualTo(" 100;main 100;h 100");
    append(profile("b", 3, Map.of("main;h|!0a0c", 10000L)));
    settle();
    assertThat(text(tree(List.of(), Set.of("0a0b", "0a0c"))))
        .isEqualTo(" 10100;main 10100;h 10100");
  }

  private StackTree.Sorted tree(List<String> callSite, Set<String> spans) {
    StackTree tree = new StackTree(1);
    try (ProfileSelection s = store.select(SCOPE, List.of(), T0, T0 + 100 * SECOND)) {
      s.read(
          new StackMerge(
              tree, 0, callSite, spans.isEmpty() ? Map.of() : Map.of(StackMerge.SPAN_ID, spans)),
          () -> false);
    }
    return tree.sorted();
  }

  /** Names and totals, depth first, of nodes with a value. */
  private static String text(StackTree.Sorted t) {
    StringBuilder sb = new StringBuilder();
    text(t, 0, sb);
    return sb.toString();
  }

  private static void text(StackTree.Sorted t, int node, StringBuilder sb) {
    if (t.total()[0][node] == 0) {
      return;
    }
    sb.append(node == 0 ? "" : ";").append(t.names()[node]).append(' ');
    sb.append(t.total()[0][node]);
    for (int i = t.first()[node]; i < t.first()[node + 1]; i++) {
      text(t, t.children()[i], sb);
    }
  }

  @Test
  void tenantsAreApart() throws Exception {
    append(profile("a", 0, Map.of("f", 1L)));
    store.append(Scope.of("other"), batch(List.of(profile("b", 0, Map.of("f", 1L)))));
    settle();
    assertThat(readAll()).hasSize(1);
    assertThat(store.tenants()).containsExactly(SCOPE.tenant(), "other");
  }

  @Test
  void deletionHidesWhatIsStoredAndNothingLater() throws Exception {
    append(profile("a", 0, Map.of("f", 1L)), profile("a", 10, Map.of("f", 2L)));
    append(profile("b", 0, Map.of("f", 4L)));
    settle();
    EventDeletion d =
        store.delete(SCOPE, "{service_name=\"a\"}", List.of(service("a")), T0, T0 + SECOND);
    assertThat(readAll())
        .isEqualTo(
            sorted(List.of(profile("a", 10, Map.of("f", 2L)), profile("b", 0, Map.of("f", 4L)))));
    assertThat(store.deletions(SCOPE)).extracting(EventDeletion::id).contains(d.id());
    append(profile("a", 0, Map.of("f", 8L)));
    settle();
    assertThat(readAll()).hasSize(3);
  }

  @Test
  void aDeletionCanBeTakenBack() throws Exception {
    append(profile("a", 0, Map.of("f", 1L)));
    EventDeletion d = store.delete(SCOPE, "{}", List.of(), T0, T0 + SECOND);
    assertThat(readAll()).isEmpty();
    assertThat(store.cancelDeletion(SCOPE, d.id())).isTrue();
    assertThat(readAll()).hasSize(1);
    assertThat(store.cancelDeletion(SCOPE, "none")).isFalse();
  }

  @Test
  void aSelectionKeepsWhatItHas() throws Exception {
    append(profile("a", 0, Map.of("f", 1L)));
    settle();
    try (ProfileSelection s = store.select(SCOPE, List.of(), T0, T0 + 100 * SECOND)) {
      append(profile("a", 1, Map.of("g", 2L)));
      List<Profile> out = new ArrayList<>();
      s.read(new Reading(s.series(), out), () -> false);
      assertThat(out).hasSize(1);
    }
  }

  @Test
  void manyProfilesOfRandomStacksAreRead() throws Exception {
    Random random = new Random(1);
    List<Profile> all = new ArrayList<>();
    Set<Long> times = new HashSet<>();
    for (int i = 0; i < 400; i++) {
      Map<String, Long> samples = new TreeMap<>();
      for (int s = random.nextInt(30); s > 0; s--) {
        StringBuilder stack = new StringBuilder("main");
        for (int d = random.nextInt(12); d > 0; d--) {
          stack.append(";f").append(random.nextInt(4));
        }
        String span = random.nextInt(5) == 0 ? "|" + random.nextInt(3) : "";
        samples.put(stack + span, random.nextLong(1000) * 10_000_000);
      }
      long time = random.nextInt(4 * 86_400);
      if (times.add(time)) {
        all.add(profile("s" + random.nextInt(5), time, samples));
      }
    }
    for (int i = 0; i < all.size(); i += 20) {
      append(all.subList(i, Math.min(all.size(), i + 20)).toArray(Profile[]::new));
      if (i % 100 == 0) {
        settle();
      }
    }
    settle();
    assertThat(readAll()).isEqualTo(sorted(all));
  }

  @Test
  void profilesOfSeveralTypesAndTenantsEqualWhatWasSent() throws Exception {
    List<String> tenants = List.of(SCOPE.tenant(), "other", "third");
    List<ProfileLabels.Type> types =
        List.of(
            CPU,
            new ProfileLabels.Type("memory", "alloc_space", "bytes", "space", "bytes"),
            new ProfileLabels.Type("mutex", "contentions", "count", "mutex", "count"));
    Map<String, List<Profile>> sent = new TreeMap<>();
    for (int round = 0; round < 4; round++) {
      for (String tenant : tenants) {
        Random random = new Random(round * 31 + tenant.hashCode());
        List<Profile> profiles = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
          Map<String, String> labels = new LinkedHashMap<>();
          labels.put(ProfileLabels.SERVICE, "s" + random.nextInt(3));
          labels.put("pod", "p" + random.nextInt(4));
          Map<String, Long> samples = new TreeMap<>();
          for (int n = random.nextInt(20); n > 0; n--) {
            String stack = "main;f" + random.nextInt(9) + ";" + tenant + random.nextInt(9);
            String span = random.nextInt(3) == 0 ? "|" + Long.toHexString(random.nextLong()) : "";
            samples.put(stack + span, random.nextLong(-5, 1L << 40));
          }
          profiles.add(
              new Profile(
                  ProfileLabels.series(labels, types.get(i % types.size())),
                  T0 + (round * 40 + i) * SECOND,
                  random.nextInt(10) * SECOND,
                  random.nextBoolean() ? "" : "comment " + random.nextInt(5),
                  samples));
        }
        assertThat(store.append(Scope.of(tenant), batch(profiles)).refusals()).isEmpty();
        sent.computeIfAbsent(tenant, t -> new ArrayList<>()).addAll(profiles);
      }
      if (round < 3) {
        settle(); // the last profiles stay where they were written
      }
      for (String tenant : tenants) {
        List<Profile> all = sorted(sent.getOrDefault(tenant, List.of()));
        assertThat(read(Scope.of(tenant), List.of(), Long.MIN_VALUE, Long.MAX_VALUE))
            .isEqualTo(all);
        for (ProfileLabels.Type type : types) {
          Matcher m = Matcher.equal(ProfileLabels.PROFILE_TYPE, type.id());
          assertThat(read(Scope.of(tenant), List.of(m), Long.MIN_VALUE, Long.MAX_VALUE))
              .isNotEmpty()
              .isEqualTo(all.stream().filter(p -> m.matches(p.series())).toList());
        }
      }
    }
  }
}
