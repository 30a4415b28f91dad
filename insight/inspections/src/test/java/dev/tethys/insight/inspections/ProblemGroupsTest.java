package dev.tethys.insight.inspections;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.insight.entities.Entity;
import dev.tethys.insight.entities.World;
import dev.tethys.insight.inspections.definition.Inspection;
import dev.tethys.insight.inspections.definition.InspectionSet;
import dev.tethys.insight.inspections.definition.InspectionSeverity;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class ProblemGroupsTest {
  private static final InspectionSet SET = InspectionSet.defaults();
  private static final long NOW = RecordedWorlds.NOW;

  private final World world =
      new RecordedWorlds()
          .service("web")
          .service("cart")
          .service("mail")
          .service("stock")
          .call("web", "cart")
          .call("cart", "stock")
          .call("stock", "cart")
          .database("stock", "stockdb")
          .node("m1")
          .container("m1", "cart")
          .container("m1", "mail")
          .world();

  private final List<InspectionProblem> problems = new ArrayList<>();

  private void add(String inspection, String entity, InspectionSeverity severity) {
    Inspection i =
        SET.inspections().stream().filter(x -> x.id().equals(inspection)).findFirst().orElseThrow();
    Entity e = Objects.requireNonNull(world.find(entity), entity);
    problems.add(
        new InspectionProblem(
            i, severity, e, List.of(e), NOW, NOW, 1, 1, "", "", List.of(), 0, List.of()));
  }

  private List<InspectionProblem> group() {
    return new ProblemGroups(world, Map.of("service:web", 10.0, "service:mail", 2.0))
        .group(problems);
  }

  private static List<String> ids(List<InspectionProblem> all) {
    return all.stream().map(InspectionProblem::id).toList();
  }

  @Test
  void attachesFailuresOfCallersToTheLastFailingService() {
    add("RequestFailures", "service:web", InspectionSeverity.CRITICAL);
    add("RequestFailures", "service:cart", InspectionSeverity.WARNING);
    List<InspectionProblem> all = group();
    assertThat(ids(all)).containsExactly("RequestFailures:service:cart");
    assertThat(ids(all.getFirst().symptoms())).containsExactly("RequestFailures:service:web");
    assertThat(all.getFirst().requests()).isEqualTo(10);
  }

  @Test
  void attachesLatencyOverOneServiceWithoutProblem() {
    add("LatencyJump", "service:web", InspectionSeverity.WARNING);
    add("ClientLatencyJump", "service:stock", InspectionSeverity.CRITICAL);
    List<InspectionProblem> all = group();
    assertThat(ids(all)).containsExactly("ClientLatencyJump:service:stock");
    assertThat(ids(all.getFirst().symptoms())).containsExactly("LatencyJump:service:web");
  }

  @Test
  void keepsOneEntryOfServicesThatCallEachOther() {
    add("RequestFailures", "service:cart", InspectionSeverity.WARNING);
    add("RequestFailures", "service:stock", InspectionSeverity.WARNING);
    assertThat(group()).hasSize(1).first().satisfies(p -> assertThat(p.symptoms()).hasSize(1));
  }

  @Test
  void keepsOneEntryOfDropsInACircle() {
    add("TrafficDrop", "service:cart", InspectionSeverity.WARNING);
    add("TrafficDrop", "service:stock", InspectionSeverity.WARNING);
    assertThat(group()).hasSize(1).first().satisfies(p -> assertThat(p.symptoms()).hasSize(1));
  }

  @Test
  void attachesFailuresToTheDatabaseThatCausesThem() {
    add("ClientFailures", "database:stockdb", InspectionSeverity.CRITICAL);
    add("RequestFailures", "service:stock", InspectionSeverity.CRITICAL);
    add("RequestFailures", "service:web", InspectionSeverity.CRITICAL);
    add("RequestFailures", "service:cart", InspectionSeverity.CRITICAL);
    List<InspectionProblem> all = group();
    assertThat(ids(all)).containsExactly("ClientFailures:database:stockdb");
    assertThat(all.getFirst().symptoms()).hasSize(3);
    assertThat(all.getFirst().affected())
        .extracting(Entity::name)
        .containsExactlyInAnyOrder("stock", "cart", "web");
  }

  @Test
  void attachesLatencyToTheNodeOfTheService() {
    add("CPUNode", "node:machine:m1", InspectionSeverity.WARNING);
    add("LatencyJump", "service:mail", InspectionSeverity.CRITICAL);
    add("LatencyJump", "service:web", InspectionSeverity.CRITICAL);
    List<InspectionProblem> all = group();
    assertThat(ids(all))
        .containsExactlyInAnyOrder("CPUNode:node:machine:m1", "LatencyJump:service:web");
    InspectionProblem node = all.getLast();
    assertThat(ids(node.symptoms())).containsExactly("LatencyJump:service:mail");
    assertThat(node.affected()).extracting(Entity::name).containsExactlyInAnyOrder("cart", "mail");
  }

  @Test
  void showsAllServicesWithoutRequestsAtTheFirstCaller() {
    add("TrafficDrop", "service:web", InspectionSeverity.CRITICAL);
    add("TrafficDrop", "service:cart", InspectionSeverity.CRITICAL);
    add("TrafficDrop", "service:stock", InspectionSeverity.CRITICAL);
    List<InspectionProblem> all = group();
    assertThat(ids(all)).containsExactly("TrafficDrop:service:web");
    assertThat(all.getFirst().symptoms()).hasSize(2);
  }

  @Test
  void doesNotJoinSeparateProblems() {
    add("StorageSpace", "node:machine:m1", InspectionSeverity.WARNING);
    add("RequestFailures", "service:mail", InspectionSeverity.WARNING);
    assertThat(group()).hasSize(2);
  }

  @Test
  void sortsBySeverityThenByRequests() {
    add("LogErrors", "service:cart", InspectionSeverity.WARNING);
    add("LogErrors", "service:mail", InspectionSeverity.WARNING);
    add("LogErrors", "service:web", InspectionSeverity.WARNING);
    add("StorageSpace", "node:machine:m1", InspectionSeverity.CRITICAL);
    assertThat(ids(group()))
        .containsExactly(
            "StorageSpace:node:machine:m1",
            "LogErrors:service:web",
            "LogErrors:service:mail",
            "LogErrors:service:cart");
  }

  @Test
  void losesNoProblem() {
    List<String> symptoms =
        List.of("RequestFailures", "LatencyJump", "TrafficDrop", "SLOAvailability", "CPUContainer");
    for (int set = 1; set < 1 << 10; set++) {
      problems.clear();
      for (int bit = 0; bit < 10; bit++) {
        if ((set >> bit & 1) != 0) {
          add(
              symptoms.get(bit % 5),
              bit < 5 ? "service:cart" : "service:stock",
              InspectionSeverity.WARNING);
        }
      }
      int shown = 0;
      for (InspectionProblem p : group()) {
        shown += 1 + p.symptoms().size();
      }
      assertThat(shown).as("set " + set).isEqualTo(problems.size());
    }
  }
}
