package dev.tethys.insight.incidents;

import dev.tethys.insight.entities.Entity;
import dev.tethys.insight.entities.World;
import dev.tethys.insight.entities.kind.EntityKind;
import dev.tethys.insight.incidents.IncidentCause.Symptom;
import dev.tethys.insight.inspections.InspectionProblem;
import dev.tethys.insight.inspections.InspectionReport;
import dev.tethys.insight.inspections.definition.Inspection.SymptomOf;
import dev.tethys.insight.inspections.definition.InspectionSeverity;
import dev.tethys.insight.objectives.state.ObjectiveState;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds the causes of incidents in one world: problems of inspections, objectives that burn their
 * budgets, and firing alerts that name an entity. Thread-safe.
 *
 * <p>A problem opens an incident if it or one of its symptoms is critical, if it explains symptoms,
 * if requests fail or are slow, or if its inspection has {@code incident: true}. An alert opens one
 * unless its label {@code severity} is {@code info} or {@code none}.
 */
public final class IncidentCauses {
  private static final Set<String> QUIET = Set.of("info", "informational", "none");
  private static final Set<String> CRITICAL = Set.of("critical", "page", "error", "emergency");

  private final AlertEntities entities; // guarded by itself

  public IncidentCauses(World world) {
    this.entities = new AlertEntities(world);
  }

  /** World in which entities are looked for. */
  public World world() {
    return entities.world();
  }

  /** Key of a problem. */
  public static String key(InspectionProblem p) {
    return "problem:" + p.id();
  }

  /** Problems of a report, worst first. */
  public static List<IncidentCause> ofProblems(InspectionReport report) {
    return report.problems().stream().map(IncidentCauses::of).toList();
  }

  private static IncidentCause of(InspectionProblem p) {
    List<Symptom> symptoms = new ArrayList<>();
    Set<String> related = new HashSet<>();
    related.add(p.entity().id());
    p.instances().forEach(e -> related.add(e.id()));
    p.affected().forEach(e -> related.add(e.id()));
    boolean critical = p.severity() == InspectionSeverity.CRITICAL;
    boolean hurts = p.inspection().symptomOf() == SymptomOf.CALLEES;
    for (InspectionProblem s : p.symptoms()) {
      related.add(s.entity().id());
      critical |= s.severity() == InspectionSeverity.CRITICAL;
      hurts |= s.inspection().symptomOf() == SymptomOf.CALLEES;
      symptoms.add(
          new Symptom(
              key(s),
              IncidentEntity.of(s.entity()),
              title(s),
              s.message(),
              s.since(),
              s.inspection().query()));
    }
    return new IncidentCause(
        IncidentCause.Kind.PROBLEM,
        key(p),
        IncidentEntity.of(p.entity()),
        title(p),
        p.message(),
        critical,
        p.since(),
        p.inspection().query(),
        p.affected().stream().map(IncidentEntity::of).toList(),
        p.requests(),
        List.copyOf(symptoms),
        Set.copyOf(related),
        critical || hurts || p.inspection().opensIncident());
  }

  private static String title(InspectionProblem p) {
    return p.entity().name() + ": " + p.inspection().title();
  }

  /** Keys of problems whose queries give no value at present. */
  public static Set<String> unknown(InspectionReport report) {
    Set<String> out = new HashSet<>();
    report.unknown().forEach(p -> out.add(key(p)));
    return out;
  }

  /** Objectives whose burn rate exceeds the windows of an alert. */
  public List<IncidentCause> ofObjectives(List<ObjectiveState> states, long now) {
    List<IncidentCause> out = new ArrayList<>();
    for (ObjectiveState s : states) {
      if (!s.severity().isEmpty()) {
        out.add(of(s, now));
      }
    }
    return out;
  }

  private IncidentCause of(ObjectiveState s, long now) {
    String id = s.entity().isEmpty() ? "service:" + s.service() : s.entity();
    Entity found = world().find(id);
    IncidentEntity e =
        found == null
            ? new IncidentEntity(EntityKind.SERVICE.text(), id, s.service())
            : IncidentEntity.of(found);
    Long since = s.since();
    return new IncidentCause(
        IncidentCause.Kind.OBJECTIVE,
        "objective:" + s.service() + "/" + s.name() + ":" + s.source(),
        e,
        e.name() + ": objective " + s.name() + " burns its error budget",
        String.format(
            Locale.ROOT,
            "Target %.6g%%; %s",
            s.target() * 100,
            Double.isNaN(s.budget())
                ? "the remaining budget is not known"
                : String.format(Locale.ROOT, "%.3g%% of the budget is left", s.budget() * 100)),
        s.severity().equals("page"),
        since == null ? now : since,
        s.query(),
        List.of(e),
        0,
        List.of(),
        Set.of(e.id()),
        true);
  }

  /** Cause of an alert; null if its labels name no entity. */
  public @Nullable IncidentCause ofAlert(FiringAlert a) {
    Map<String, String> labels = a.labels().toMap();
    Entity at;
    Entity shown;
    synchronized (entities) {
      at = entities.find(labels);
      if (at == null) {
        return null;
      }
      shown = entities.shown(at);
    }
    String severity = labels.getOrDefault("severity", "").toLowerCase(Locale.ROOT);
    IncidentEntity e = IncidentEntity.of(shown);
    boolean isService = shown.kind() == EntityKind.SERVICE;
    return new IncidentCause(
        IncidentCause.Kind.ALERT,
        a.key(),
        e,
        e.name() + ": alert " + a.name(),
        a.text(),
        CRITICAL.contains(severity),
        a.since(),
        a.query(),
        isService ? List.of(e) : List.of(),
        0,
        List.of(),
        Set.copyOf(Stream.of(at.id(), shown.id()).distinct().toList()),
        !QUIET.contains(severity));
  }
}
