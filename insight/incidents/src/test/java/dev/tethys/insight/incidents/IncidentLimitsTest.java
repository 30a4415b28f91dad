package dev.tethys.insight.incidents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.insight.incidents.Incidents.Limits;
import dev.tethys.insight.incidents.Incidents.Observation;
import dev.tethys.model.file.RecordFormat;
import dev.tethys.model.file.RecordLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bounds of {@link Incidents}, and files that are damaged or written by others. */
class IncidentLimitsTest {
  private static final long NOW = 1_800_000_000_000L;

  @TempDir Path folder;

  private static void observe(Incidents all, long time, IncidentCause... causes) {
    all.observe(new Observation(time, List.of(causes), Set.of(), Set.of()));
    all.flush();
  }

  private static IncidentCause problem(String key) {
    return IncidentsTest.problem(key, key, true);
  }

  @Test
  void opensNoMoreIncidentsThanAllowed() throws IOException {
    Limits limits = new Limits(Duration.ofDays(1), 1 << 20, 100, 2, Duration.ofMinutes(5));
    try (Incidents all = new Incidents(null, limits)) {
      observe(all, NOW, problem("a"), problem("b"), problem("c"));
      assertThat(all.all()).hasSize(2);
      assertThat(all.notices()).singleElement().asString().startsWith("1 causes open no incident");
    }
  }

  @Test
  void removesTheOldestByNumberAgeAndSize() throws IOException {
    Path file = folder.resolve("incidents.log");
    Limits limits = new Limits(Duration.ofDays(2), 40_000, 40, 10, Duration.ofMinutes(1));
    long time = NOW;
    try (Incidents all = new Incidents(file, limits)) {
      for (int i = 0; i < 200; i++) {
        IncidentCause c = problem("cause-" + i);
        observe(all, time, c);
        observe(all, time + 30_000);
        observe(all, time + 120_000);
        time += 180_000;
        assertThat(all.all().size()).isLessThanOrEqualTo(40);
        assertThat(Files.size(file)).isLessThan(90_000);
      }
      assertThat(all.all()).isNotEmpty();
      assertThat(all.all().getFirst().title()).isEqualTo("cause-199: cause-199");
      observe(all, time + Duration.ofDays(3).toMillis());
      assertThat(all.all()).isEmpty();
    }
  }

  @Test
  void timelineOfAFlappingProblemIsBounded() throws IOException {
    try (Incidents all = new Incidents(null, Limits.DEFAULT)) {
      for (int i = 0; i < 3_000; i++) {
        boolean isThere = i % 4 == 0;
        observe(
            all,
            NOW + i * 30_000L,
            isThere ? new IncidentCause[] {problem("a")} : new IncidentCause[0]);
      }
      Incident i = all.all().getFirst();
      assertThat(i.events()).hasSizeLessThanOrEqualTo(TrackedIncident.MAX_EVENTS);
      assertThat(i.omitted()).isPositive();
      assertThat(all.addNote(i.id(), "ann", "still room for people", NOW)).isNotNull();
    }
  }

  @Test
  void refusesNotesBeyondTheLimit() throws IOException {
    try (Incidents all = new Incidents(null, Limits.DEFAULT)) {
      observe(all, NOW, problem("a"));
      String id = all.all().getFirst().id();
      for (int i = 0; i < TrackedIncident.MAX_BY_PEOPLE; i++) {
        all.addNote(id, "ann", "note " + i, NOW + i);
      }
      assertThatThrownBy(() -> all.addNote(id, "ann", "one more", NOW))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("200 notes");
    }
  }

  @Test
  void longTextsAreShortened() {
    IncidentEvent e =
        new IncidentEvent(
            1,
            IncidentEvent.Kind.NOTE,
            "k".repeat(10_000),
            "t".repeat(10_000),
            "\ud83d\ude00".repeat(10_000),
            "b".repeat(10_000),
            "e",
            "q".repeat(10_000));
    assertThat(e.detail().length()).isEqualTo(IncidentEvent.MAX_NOTE);
    assertThat(e.title()).hasSize(300);
    assertThat(e.query()).isEmpty();
    assertThat(IncidentEvent.cut("a\ud83d\ude00", 2)).isEqualTo("a");
  }

  @Test
  void refusesAFileOfAnotherProgram() throws IOException {
    Path file = Files.writeString(folder.resolve("incidents.log"), "not a log\n".repeat(100));
    assertThatThrownBy(() -> new Incidents(file, Limits.DEFAULT))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("is not a record log");
    assertThat(file).content().startsWith("not a log");
  }

  @Test
  void readsHostileRecordsWithinBounds() throws IOException {
    List<byte[]> good = new ArrayList<>();
    Path whole = folder.resolve("whole.log");
    try (Incidents all = new Incidents(whole, Limits.DEFAULT)) {
      observe(all, NOW, problem("a"));
      all.addNote(all.all().getFirst().id(), "ann", "text", NOW);
    }
    RecordLog.read(whole, RecordFormat.STANDARD, good::add);
    assertThat(good).hasSizeGreaterThan(3);
    Random random = new Random(11);
    for (int i = 0; i < 2_000; i++) {
      byte[] bytes = good.get(random.nextInt(good.size())).clone();
      if (random.nextBoolean()) {
        bytes = java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
      }
      for (int k = random.nextInt(4); k > 0 && bytes.length > 0; k--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      try {
        IncidentRecord.read(bytes, new Ignoring());
      } catch (IOException e) {
        // refused, as it should be
      }
    }
    assertThatThrownBy(() -> IncidentRecord.read(new byte[] {9, 0, 0, 0, 0, 0}, new Ignoring()))
        .hasMessageContaining("version 9");
    byte[] huge = {1, 1, 0x7f, (byte) 0xff, (byte) 0xff, (byte) 0xff};
    assertThatThrownBy(() -> IncidentRecord.read(huge, new Ignoring()))
        .hasMessageContaining("a text of 2147483647 bytes");
  }

  private static final class Ignoring implements IncidentRecord.Target {
    @Override
    public void head(Incident i) {
      assertThat(i.affected()).hasSizeLessThanOrEqualTo(1_000);
    }

    @Override
    public void event(String incident, IncidentEvent e) {
      assertThat(e.detail().length()).isLessThanOrEqualTo(IncidentEvent.MAX_NOTE);
    }
  }

  @Test
  void losesOnlyTheIncompleteEndOfAFile() throws IOException {
    Path file = folder.resolve("incidents.log");
    try (Incidents all = new Incidents(file, Limits.DEFAULT)) {
      observe(all, NOW, problem("a"));
    }
    byte[] bytes = Files.readAllBytes(file);
    for (int n = bytes.length - 1; n > bytes.length - 120; n -= 7) {
      Files.write(file, java.util.Arrays.copyOf(bytes, n));
      try (Incidents all = new Incidents(file, Limits.DEFAULT)) {
        assertThat(all.all()).hasSize(1);
      }
    }
  }
}
