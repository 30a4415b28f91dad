package dev.tethys.insight.inspections.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.insight.entities.rules.RuleSet;
import dev.tethys.insight.inspections.definition.Inspection;
import dev.tethys.insight.inspections.definition.InspectionCase;
import dev.tethys.insight.inspections.definition.InspectionSet;
import dev.tethys.query.promql.EngineOptions;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.testkit.MemoryMetricStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

@Tag("slow")
class BuiltInInspectionsTest {
  private static final PromqlEngine ENGINE =
      new PromqlEngine(EngineOptions.builder().threads(1).build());
  private static final InspectionSet SET = InspectionSet.defaults();

  /** Coroot's checks with their default thresholds. */
  private static final Map<String, Double> COROOT =
      Map.ofEntries(
          Map.entry("SLOAvailability", 99.0),
          Map.entry("SLOLatency", 99.0),
          Map.entry("InstanceAvailability", 75.0),
          Map.entry("InstanceRestarts", 1.0),
          Map.entry("DeploymentStatus", 180.0),
          Map.entry("CPUNode", 80.0),
          Map.entry("CPUContainer", 80.0),
          Map.entry("MemoryOOM", 0.0),
          Map.entry("MemoryLeakPercent", 10.0),
          Map.entry("MemoryPressure", 0.02),
          Map.entry("StorageSpace", 80.0),
          Map.entry("StorageIOLoad", 5.0),
          Map.entry("NetworkRTT", 0.01),
          Map.entry("NetworkRTTExternal", 0.2),
          Map.entry("NetworkConnectivity", 0.0),
          Map.entry("NetworkTCPConnections", 0.0),
          Map.entry("DnsLatency", 0.1),
          Map.entry("DnsServerErrors", 0.0),
          Map.entry("DnsNxdomainErrors", 0.0),
          Map.entry("LogErrors", 0.0),
          Map.entry("PostgresLatency", 0.1),
          Map.entry("PostgresReplicationLag", 30.0),
          Map.entry("PostgresConnections", 90.0),
          Map.entry("PostgresCheckpoint", 3.0),
          Map.entry("PostgresWalArchiving", 0.0),
          Map.entry("PostgresWraparound", 50.0),
          Map.entry("PostgresBloat", 50.0),
          Map.entry("PostgresAutovacuum", 2.0),
          Map.entry("PostgresStaleStatistics", 2.0),
          Map.entry("PostgresBackups", 86400.0),
          Map.entry("MysqlReplicationLag", 30.0),
          Map.entry("MysqlConnections", 90.0),
          Map.entry("RedisLatency", 0.005),
          Map.entry("MongodbReplicationLag", 30.0),
          Map.entry("JvmSafepointTime", 0.05),
          Map.entry("PythonGILWaitingTime", 0.05),
          Map.entry("NodejsEventLoopBlockedTime", 0.7));

  @AfterAll
  static void close() {
    ENGINE.close();
  }

  @TestFactory
  List<DynamicTest> findsWhatItsTestsExpect() {
    InspectionCheck check = new InspectionCheck(MemoryMetricStore::new, ENGINE, RuleSet.defaults());
    List<DynamicTest> out = new ArrayList<>();
    for (Inspection i : SET.inspections()) {
      for (InspectionCase c : i.tests()) {
        out.add(
            DynamicTest.dynamicTest(
                i.id() + ": " + c.name(), () -> assertThat(check.run(SET, i, c)).isEmpty()));
      }
    }
    assertThat(out).hasSizeGreaterThan(80);
    return out;
  }

  @TestFactory
  List<DynamicTest> findsRisksThatTheirTestsExpect() throws IOException {
    InspectionSet risks = InspectionSet.risks(List.of());
    InspectionCheck check = new InspectionCheck(MemoryMetricStore::new, ENGINE, RuleSet.defaults());
    List<DynamicTest> out = new ArrayList<>();
    for (Inspection i : risks.inspections()) {
      assertThat(i.tests()).as(i.id()).isNotEmpty();
      for (InspectionCase c : i.tests()) {
        out.add(
            DynamicTest.dynamicTest(
                i.id() + ": " + c.name(), () -> assertThat(check.run(risks, i, c)).isEmpty()));
      }
    }
    assertThat(out).hasSizeGreaterThan(10);
    return out;
  }

  @Test
  void hasThresholdsOfCoroot() {
    for (Map.Entry<String, Double> e : COROOT.entrySet()) {
      assertThat(SET.inspections())
          .filteredOn(i -> i.id().equals(e.getKey()))
          .singleElement()
          .satisfies(i -> assertThat(i.threshold()).as(i.id()).isEqualTo(e.getValue()));
    }
  }
}
