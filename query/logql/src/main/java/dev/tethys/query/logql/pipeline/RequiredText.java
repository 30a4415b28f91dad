package dev.tethys.query.logql.pipeline;

import dev.tethys.model.Labels;
import dev.tethys.model.logs.LogMention;
import dev.tethys.query.logql.ast.Condition;
import dev.tethys.query.logql.ast.MetricExpr.Unwrap;
import dev.tethys.query.logql.ast.Stage;
import dev.tethys.query.logql.ast.Stage.Extraction;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Text required in the lines of all passing rows.
 *
 * <p>A filter or an unwrap drops rows without a label, and only one parser can find the label. A
 * key that becomes a label keeps its letters and digits; other characters become underscores, and
 * keys of nested objects are joined by them. So the longest run without an underscore is in the
 * line, unless JSON writes one of its characters as an escape.
 */
public final class RequiredText {
  private RequiredText() {}

  /**
   * Returns text contained in every passing line, or null if unknown.
   *
   * @param stages stages that follow what the store tests
   * @param streams labels of the selected streams
   */
  public static @Nullable LogMention of(
      List<Stage> stages, @Nullable Unwrap unwrap, List<Labels> streams) {
    Stage parser = null;
    for (Stage s : stages) {
      switch (s) {
        case Stage.Json j -> {
          if (parser != null) {
            return null;
          }
          parser = j;
        }
        case Stage.Logfmt l -> {
          if (parser != null) {
            return null;
          }
          parser = l;
        }
        case Stage.LabelFilter f -> {
          LogMention m = parser == null ? null : of(f.condition(), parser, streams);
          if (m != null) {
            return m;
          }
        }
        case Stage.LineFilter f -> {}
        default -> {
          return null; // may make labels, or change lines
        }
      }
    }
    return parser == null || unwrap == null ? null : of(unwrap.label(), parser, streams);
  }

  private static @Nullable LogMention of(Condition c, Stage parser, List<Labels> streams) {
    return switch (c) {
      case Condition.Text t ->
          t.matcher().matches("") ? null : of(t.matcher().name(), parser, streams);
      case Condition.Number n -> ofConverted(n.label(), parser, streams);
      case Condition.Duration d -> ofConverted(d.label(), parser, streams);
      case Condition.Size s -> ofConverted(s.label(), parser, streams);
      case Condition.Both b -> {
        LogMention left = of(b.left(), parser, streams);
        yield left == null ? of(b.right(), parser, streams) : left;
      }
      default -> null; // the other side of an alternative, or a row that has failed, may pass
    };
  }

  /** Variant for a converted value: extractions return an empty one, which fails the row. */
  private static @Nullable LogMention ofConverted(
      String label, Stage parser, List<Labels> streams) {
    return extractions(parser).isEmpty() ? of(label, parser, streams) : null;
  }

  private static List<Extraction> extractions(Stage parser) {
    return switch (parser) {
      case Stage.Json j -> j.extractions();
      case Stage.Logfmt l -> l.extractions();
      default -> List.of();
    };
  }

  private static @Nullable LogMention of(String label, Stage parser, List<Labels> streams) {
    if (label.startsWith("__error") || label.endsWith(NameTable.DUPLICATE_SUFFIX)) {
      return null;
    }
    for (Labels l : streams) {
      if (l.has(label)) {
        return null;
      }
    }
    boolean json = parser instanceof Stage.Json;
    List<Extraction> extractions = extractions(parser);
    String key = label;
    if (!extractions.isEmpty()) {
      key = "";
      for (Extraction e : extractions) {
        if (e.label().equals(label)) {
          if (!key.isEmpty()) {
            return null; // one of several keys
          }
          key = e.expression();
        }
      }
      if (json && !key.matches("[a-zA-Z_][a-zA-Z0-9_]*(\\.[a-zA-Z_][a-zA-Z0-9_]*)*")) {
        return null; // an index, or a key in quotes that may have escapes
      }
    }
    String longest = "";
    for (String run : key.split("[^a-zA-Z0-9]+", -1)) {
      longest = run.length() > longest.length() ? run : longest;
    }
    return longest.isEmpty() ? null : new LogMention(longest, json, label);
  }
}
