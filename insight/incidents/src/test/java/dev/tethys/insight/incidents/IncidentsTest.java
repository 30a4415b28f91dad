package dev.tethys.insight.incidents;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.insight.incidents.Incident.State;
import dev.tethys.insight.incidents.IncidentCause.Kind;
import dev.tethys.insight.incidents.IncidentCause.Symptom;
import dev.tethys.insight.incidents.Incidents.Limits;
import dev.tethys.insight.incidents.Incidents.Observation;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Contract of {@link Incidents}: opening, joining, ending and surviving a restart. */
class IncidentsTest {
  private static final long NOW = 1_800_000_000_000L;
  private static final long STEP = 30_000;

  @TempDir Path folder;

  private Incidents incidents;
  private long now = NOW;

  @BeforeEach
  void open() throws IOException {
    incidents = new Incidents(folder.resolve("incidents.log"), Limits.DEFAULT);
  }

  @AfterEach
  void close() throws IOException {
    incidents.close();
  }

  private void restart() throws IOException {
    incidents.close();
    open();
  }

  static IncidentEntity service(String name) {
    return new IncidentEntity("service", "service:" + name, name);
  }

  private static Symptom symptom(String key, String name) {
    return new Symptom(key, service(name), name + ": requests fail", "", NOW, "");
  }

  static IncidentCause problem(String key, String at, boolean opens, Symptom... symptoms) {
    return cause(Kind.PROBLEM, key, at, opens, symptoms);
  }

  private static IncidentCause cause(
      Kind kind, String key, String at, boolean opens, Symptom... symptoms) {
    Set<String> related = new HashSet<>(Set.of("service:" + at));
    List<IncidentEntity> affected = new ArrayList<>(List.of(service(at)));
    for (Symptom s : symptoms) {
      related.add(s.entity().id());
      affected.add(s.entity());
    }
    return new IncidentCause(
        kind,
        key,
        service(at),
        at + ": " + key,
        "detail of " + key,
        false,
        NOW,
        "up{job=\"" + at + "\"}",
        affected,
        10,
        List.of(symptoms),
        related,
        opens);
  }

  /** Observes the same causes for a number of evaluations. */
  private void observe(int times, IncidentCause... causes) {
    for (int i = 0; i < times; i++) {
      incidents.observe(new Observation(now, List.of(causes), Set.of(), Set.of()));
      now += STEP;
    }
    incidents.flush();
  }

  private Incident only() {
    assertThat(incidents.all()).hasSize(1);
    return incidents.all().getFirst();
  }

  private static List<String> titles(Incident i) {
    return i.events().stream().map(e -> e.kind().text() + " " + e.title()).toList();
  }

  @Test
  void opensWithAFailingCauseAndEndsAfterItIsGone() {
    observe(4, problem("down", "pay", true));
    Incident open = only();
    assertThat(open.state()).isEqualTo(State.OPEN);
    assertThat(open.title()).isEqualTo("pay: down");
    assertThat(open.start()).isEqualTo(NOW);
    assertThat(open.lastSeen()).isEqualTo(NOW + 3 * STEP);
    assertThat(open.requests()).isEqualTo(3 * 30 * 10.0);
    observe(10);
    assertThat(only().state()).isEqualTo(State.OPEN);
    observe(2);
    Incident ended = only();
    assertThat(ended.state()).isEqualTo(State.ENDED);
    assertThat(ended.end()).isEqualTo(NOW + 3 * STEP);
    assertThat(titles(ended))
        .containsExactly(
            "problem pay: down",
            "opened Incident opened",
            "problem ended pay: down",
            "ended Incident ended");
  }

  @Test
  void shortInterruptionsAreTheSameIncident() {
    observe(3, problem("down", "pay", true));
    observe(6);
    observe(3, problem("down", "pay", true));
    Incident i = only();
    assertThat(i.state()).isEqualTo(State.OPEN);
    assertThat(titles(i))
        .containsSubsequence("problem pay: down", "problem ended pay: down", "problem pay: down");
    observe(12);
    observe(1, problem("down", "pay", true));
    assertThat(incidents.all()).hasSize(2);
  }

  @Test
  void warningsOpenNoIncidentButAppearInTheOneOfTheirEntity() {
    observe(3, problem("disk", "pay", false));
    assertThat(incidents.all()).isEmpty();
    observe(3, problem("disk", "pay", false), problem("down", "pay", true));
    observe(1, problem("down", "pay", true), problem("disk", "pay", false));
    assertThat(titles(only())).contains("problem pay: disk");
    observe(12, problem("disk", "pay", false));
    assertThat(only().state()).isEqualTo(State.ENDED);
  }

  @Test
  void problemsOfOtherEntitiesAreOtherIncidents() {
    observe(2, problem("down", "pay", true), problem("down2", "mail", true));
    assertThat(incidents.all()).hasSize(2);
  }

  @Test
  void alertsAndObjectivesOfAffectedServicesJoinTheIncident() {
    IncidentCause down = problem("down", "pay", true, symptom("web-fails", "web"));
    observe(2, down, cause(Kind.OBJECTIVE, "availability", "web", true));
    String id = incidents.ofAlert(cause(Kind.ALERT, "alert:a", "web", true), now);
    assertThat(id).isEqualTo(only().id());
    assertThat(incidents.find("alert:a", now)).isEqualTo(id);
    assertThat(only().title()).isEqualTo("pay: down");
    assertThat(only().affected()).extracting(IncidentEntity::name).containsExactly("pay", "web");
  }

  @Test
  void alertOpensAnIncidentAndAProblemThenNamesIt() {
    String id = incidents.ofAlert(cause(Kind.ALERT, "alert:a", "web", true), now);
    observe(1, cause(Kind.ALERT, "alert:a", "web", true));
    observe(
        1,
        cause(Kind.ALERT, "alert:a", "web", true),
        problem("down", "pay", true, symptom("web-fails", "web")));
    assertThat(only().id()).isEqualTo(id);
    assertThat(only().title()).isEqualTo("pay: down");
    assertThat(titles(only())).contains("cause changed pay: down");
    assertThat(incidents.open("web-fails")).isEqualTo(id);
  }

  @Test
  void incidentsWithACommonCauseBecomeOne() {
    observe(2, problem("web-fails", "web", true), problem("shop-fails", "shop", true));
    assertThat(incidents.all()).hasSize(2);
    observe(
        2,
        problem("down", "pay", true, symptom("web-fails", "web"), symptom("shop-fails", "shop")));
    List<Incident> open = incidents.all().stream().filter(i -> i.state() == State.OPEN).toList();
    assertThat(open).hasSize(1);
    Incident joined =
        incidents.all().stream().filter(i -> i.state() == State.ENDED).findFirst().orElseThrow();
    assertThat(joined.continuedIn()).isEqualTo(open.getFirst().id());
    assertThat(titles(joined)).contains("continued Continued in incident " + open.getFirst().id());
  }

  @Test
  void unknownProblemsDoNotEndAnIncident() {
    observe(2, problem("down", "pay", true));
    for (int i = 0; i < 30; i++) {
      incidents.observe(new Observation(now, List.of(), Set.of("down"), Set.of()));
      now += STEP;
    }
    assertThat(only().state()).isEqualTo(State.OPEN);
    assertThat(only().lastSeen()).isEqualTo(NOW + STEP);
    observe(12);
    assertThat(only().state()).isEqualTo(State.ENDED);
  }

  @Test
  void continuesAfterARestart() throws IOException {
    observe(3, problem("down", "pay", true, symptom("web-fails", "web")));
    String id = only().id();
    incidents.addNote(id, "ann", "looking at it", now);
    incidents.acknowledge(id, "ann", false, now);
    Incident before = only();
    restart();
    assertThat(only()).isEqualTo(before);
    now += Duration.ofMinutes(20).toMillis();
    observe(2, problem("down", "pay", true, symptom("web-fails", "web")));
    Incident after = only();
    assertThat(after.state()).isEqualTo(State.ACKNOWLEDGED);
    assertThat(after.lastSeen()).isEqualTo(now - STEP);
    assertThat(titles(after)).contains("not observed Not observed for 20 min");
    restart();
    assertThat(only()).isEqualTo(after);
  }

  @Test
  void endsAfterARestartIfTheCauseDoesNotReturn() throws IOException {
    observe(3, problem("down", "pay", true));
    restart();
    now += Duration.ofHours(3).toMillis();
    observe(11);
    assertThat(only().state()).isEqualTo(State.ENDED);
    assertThat(only().end()).isEqualTo(NOW + 2 * STEP);
  }

  @Test
  void acknowledgementsAndNotesAreOnDiskWhenTheyReturn() throws IOException {
    observe(1, problem("down", "pay", true));
    String id = only().id();
    IncidentEvent note = incidents.addNote(id, "bob", "restarted it", now);
    incidents.acknowledge(id, "bob", false, now + 1);
    // A second reader of the file, as after a crash.
    try (Incidents other = copy()) {
      Incident i = other.all().getFirst();
      assertThat(i.events()).contains(note);
      assertThat(i.acknowledgedBy()).isEqualTo("bob");
    }
    incidents.acknowledge(id, "ann", true, now + 2);
    assertThat(only().state()).isEqualTo(State.OPEN);
    assertThat(incidents.addNote("nothing", "bob", "text", now)).isNull();
    assertThat(incidents.acknowledge("nothing", "bob", false, now)).isFalse();
  }

  private Incidents copy() throws IOException {
    Path file = folder.resolve("copy.log");
    java.nio.file.Files.copy(folder.resolve("incidents.log"), file);
    return new Incidents(file, Limits.DEFAULT);
  }

  @Test
  void entriesWithOneKeyAppearOnce() {
    observe(1, problem("down", "pay", true));
    String id = only().id();
    IncidentEvent e =
        new IncidentEvent(
            now, IncidentEvent.Kind.DEPLOYMENT, "deployment:1", "pay deployed", "", "", "", "");
    incidents.add(id, List.of(e, e));
    incidents.add(id, List.of(e));
    assertThat(only().events()).containsOnlyOnce(e);
  }
}
