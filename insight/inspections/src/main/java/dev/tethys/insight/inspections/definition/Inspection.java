package dev.tethys.insight.inspections.definition;

import dev.tethys.insight.entities.kind.EntityKind;
import dev.tethys.insight.entities.rules.Template;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Check of entities by a query. Each series of the result belongs to an entity; its value is
 * compared with a threshold.
 *
 * @param id unique, such as {@code CPUNode}
 * @param where position in its file
 * @param kinds entity kinds that series may belong to; the first kind with a match wins
 * @param find keys of the entity in templates of labels, if its own labels do not select it
 * @param otherwise name of an entity of the last kind for series with an unknown entity; null to
 *     omit such series
 * @param lift kind of the entity at which the problem is shown; null for the entity itself
 * @param query PromQL with all definitions filled in
 * @param below true if values below the threshold are problems
 * @param threshold value that is still right; a factor if there is a baseline
 * @param critical threshold from which a problem is critical; null for none
 * @param hold time for which the value must be beyond the threshold
 * @param every interval of evaluation
 * @param baseline time whose median the value is compared with; null for none
 * @param margin least difference from the median
 * @param isCause true if it explains problems of services that depend on the entity
 * @param symptomOf entities whose problems explain one of this inspection
 * @param opensIncident whether a problem opens an incident even if it is a warning without symptoms
 */
public record Inspection(
    String id,
    String where,
    String title,
    String category,
    List<EntityKind> kinds,
    List<Template> find,
    @Nullable Template otherwise,
    @Nullable EntityKind lift,
    String query,
    boolean below,
    double threshold,
    @Nullable Double critical,
    InspectionUnit unit,
    InspectionSeverity severity,
    Duration hold,
    Duration every,
    @Nullable Duration baseline,
    double margin,
    boolean isCause,
    SymptomOf symptomOf,
    boolean opensIncident,
    InspectionText message,
    InspectionText remedy,
    List<InspectionCase> tests) {
  /** Entities whose problems explain a symptom. */
  public enum SymptomOf {
    /** Nothing explains it. */
    NONE,
    /** Entities called by the service, and those on which it runs. */
    CALLEES,
    /** Services that call it. */
    CALLERS
  }

  /**
   * Whether values and entities are those of another inspection; thresholds and texts may differ.
   */
  public boolean measuresLike(Inspection other) {
    return id.equals(other.id)
        && query.equals(other.query)
        && kinds.equals(other.kinds)
        && texts(find).equals(texts(other.find))
        && String.valueOf(otherwise).equals(String.valueOf(other.otherwise))
        && lift == other.lift
        && below == other.below
        && Objects.equals(baseline, other.baseline);
  }

  private static List<String> texts(List<Template> templates) {
    return templates.stream().map(Template::toString).toList();
  }

  /** Whether a value is beyond a threshold. */
  public boolean isBeyond(double value, double limit) {
    return below ? value < limit : value > limit;
  }

  /** Whether a value is worse than another one. */
  public boolean isWorse(double value, double other) {
    return below ? value < other : value > other;
  }
}
