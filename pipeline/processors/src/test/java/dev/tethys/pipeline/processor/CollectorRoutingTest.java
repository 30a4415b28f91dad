package dev.tethys.pipeline.processor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Connector;
import dev.tethys.pipeline.component.PipelineId;
import dev.tethys.pipeline.processor.connector.RoutingFactory;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * {@code routing} against the cases of the Collector's own tests: resources A and B, with scopes A
 * and B each, with log records A and B each. A record is written as its three letters.
 */
final class CollectorRoutingTest {
  private static final String ALL = "AAA AAB ABA ABB BAA BAB BBA BBB";

  private final Rig rig = new Rig();

  private static LogsData input() {
    LogsData d = new LogsData();
    for (String r : List.of("A", "B")) {
      ResourceGroup<LogRecord> resource = new ResourceGroup<>();
      resource.resource().attributes().put("resourceName", "resource" + r);
      for (String s : List.of("A", "B")) {
        ScopeGroup<LogRecord> scope = new ScopeGroup<>();
        scope.scope().setName("scope" + s);
        scope.scope().attributes().put("scopeName", "scope" + s);
        for (String l : List.of("A", "B")) {
          scope.items().add(Rig.log(9, "log" + l, "logName", "log" + l));
        }
        resource.scopes().add(scope);
      }
      d.resources().add(resource);
    }
    return d;
  }

  private String to(String pipeline) {
    List<String> all = new ArrayList<>();
    for (Batch b : rig.routed.getOrDefault(PipelineId.parse(pipeline), List.of())) {
      for (ResourceGroup<LogRecord> r : Rig.logs(b).resources()) {
        for (ScopeGroup<LogRecord> s : r.scopes()) {
          for (LogRecord l : s.items()) {
            String resource = String.valueOf(r.resource().attributes().get("resourceName"));
            String name = String.valueOf(l.body());
            all.add(resource.substring(8) + s.scope().name().substring(5) + name.substring(3));
          }
        }
      }
    }
    all.sort(null);
    return String.join(" ", all);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "all",
      emptyValue = "",
      value = {
        // of logs
        "log | attributes[\"logName\"] != nil | log | attributes[\"logName\"] == \"logY\" | x"
            + " | all | '' | ''",
        "log | attributes[\"logName\"] == \"logX\" | log | attributes[\"logName\"] != nil | x"
            + " | '' | all | ''",
        "log | attributes[\"logName\"] == \"logX\" | log | attributes[\"logName\"] == \"logY\" | x"
            + " | '' | '' | all",
        "log | attributes[\"logName\"] == \"logA\" and resource.attributes[\"resourceName\"] =="
            + " \"resourceA\" | log | attributes[\"logName\"] == \"logB\" and"
            + " resource.attributes[\"resourceName\"] == \"resourceB\" | x"
            + " | AAA ABA | BAB BBB | AAB ABB BAA BBA",
        "log | resource.attributes[\"resourceName\"] == \"resourceA\" and attributes[\"logName\"]"
            + " != nil | log | attributes[\"logName\"] == \"logY\" | x | AAA AAB ABA ABB | '' | BAA"
            + " BAB BBA BBB",
        "log | instrumentation_scope.name == \"scopeB\" and attributes[\"logName\"] != nil"
            + " | log | attributes[\"logName\"] == \"logY\" | x"
            + " | ABA ABB BBA BBB | '' | AAA AAB BAA BAB",
        "log | resource.attributes[\"resourceName\"] == \"resourceB\" and"
            + " instrumentation_scope.name == \"scopeA\" and attributes[\"logName\"] != nil | log |"
            + " attributes[\"logName\"] == \"logY\" | x | BAA BAB | '' | AAA AAB ABA ABB BBA BBB",
        // of resources
        "resource | attributes[\"resourceName\"] != nil | resource | attributes[\"resourceName\"]"
            + " == \"resourceA\" or attributes[\"resourceName\"] == \"resourceB\" | x | all | '' |"
            + " ''",
        "resource | attributes[\"resourceName\"] == \"resourceA\" | resource"
            + " | attributes[\"resourceName\"] == \"resourceB\" | x"
            + " | AAA AAB ABA ABB | BAA BAB BBA BBB | ''",
        "resource | attributes[\"resourceName\"] == \"resourceX\" | resource"
            + " | attributes[\"resourceName\"] == \"resourceY\" | x | '' | '' | all",
        // of both, and of the request
        "resource | attributes[\"resourceName\"] == \"resourceA\" | log | attributes[\"logName\"]"
            + " == \"logB\" | x | AAA AAB ABA ABB | BAB BBB | BAA BBA",
        "log | attributes[\"logName\"] == \"logA\" | resource | attributes[\"resourceName\"] =="
            + " \"resourceB\" | x | AAA ABA BAA BBA | BAB BBB | AAB ABB",
        "log | attributes[\"logName\"] == \"logA\" | request | request[\"X-Tenant\"] == \"acme\""
            + " | acme | AAA ABA BAA BBA | AAB ABB BAB BBB | ''",
        "resource | attributes[\"resourceName\"] == \"resourceA\" | request"
            + " | request[\"X-Tenant\"] == \"acme\" | acme"
            + " | AAA AAB ABA ABB | BAA BAB BBA BBB | ''",
        "request | request[\"X-Tenant\"] == \"acme\" | log | attributes[\"logName\"] == \"logY\""
            + " | acme | all | '' | ''",
        "request | request[\"X-Tenant\"] == \"acme\" | log | attributes[\"logName\"] == \"logY\""
            + " | notacme | '' | '' | all",
      })
  void routesRecordsLikeTheCollector(
      String context0,
      String condition0,
      String context1,
      String condition1,
      String tenant,
      String sink0,
      String sink1,
      String rest) {
    for (boolean withDefault : new boolean[] {true, false}) {
      rig.routed.clear();
      Connector c =
          rig.connector(
              new RoutingFactory(InstantSource.system()),
              Signal.LOGS,
              Signal.LOGS,
              """
              %s
              table:
                - {context: %s, condition: '%s', pipelines: [logs/0]}
                - {context: %s, condition: '%s', pipelines: [logs/1]}
              """
                  .formatted(
                      withDefault ? "default_pipelines: [logs/default]" : "",
                      context0,
                      condition0,
                      context1,
                      condition1),
              "logs/0",
              "logs/1",
              "logs/default");
      c.consume(
          Rig.batch(input(), new Metadata(Map.of("x-tenant", List.of(tenant)))), rig.outcomes::add);
      assertThat(rig.outcomes.getLast()).isEqualTo(Outcome.ACCEPTED);
      assertThat(to("logs/0")).isEqualTo(sink0 == null ? ALL : sink0);
      assertThat(to("logs/1")).isEqualTo(sink1 == null ? ALL : sink1);
      assertThat(to("logs/default")).isEqualTo(!withDefault ? "" : rest == null ? ALL : rest);
      assertThat(rig.balanced()).isTrue();
    }
  }
}
