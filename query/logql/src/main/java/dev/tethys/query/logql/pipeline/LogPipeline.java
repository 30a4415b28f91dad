package dev.tethys.query.logql.pipeline;

import dev.tethys.model.LabelNames;
import dev.tethys.model.cancellation.Cancellation;
import dev.tethys.model.logs.LogBodyParts;
import dev.tethys.model.logs.LogFilter;
import dev.tethys.model.regex.Regex;
import dev.tethys.query.logql.ast.Stage;
import dev.tethys.query.logql.parser.LogqlParseException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Stages of a log pipeline, ready for the rows of one thread. */
public final class LogPipeline {
  // Work between two checks whether the query is canceled, in about bytes of lines.
  private static final long WORK_BETWEEN_CHECKS = 1 << 20;
  private static final int WORK_OF_ROW = 1 << 14;
  private static final int WORK_OF_STAGE = 64;

  private final RowStage[] stages;
  private long work;

  private LogPipeline(List<RowStage> stages) {
    this.stages = stages.toArray(RowStage[]::new);
  }

  /**
   * Compiles stages.
   *
   * @param names names of the rows
   * @param wanted labels that the result uses
   * @throws LogqlParseException if an argument of a stage is not valid
   */
  public static LogPipeline compile(List<Stage> stages, NameTable names, UsedLabels wanted) {
    List<RowStage> out = new ArrayList<>(stages.size());
    for (Stage s : stages) {
      if (s instanceof Stage.LineFilter f) {
        List<LogFilter.Line> conditions = LineFilters.compile(f);
        if (!conditions.isEmpty()) {
          out.add(new LineFilterStage(conditions));
        }
      } else {
        out.add(stage(s, names, wanted));
      }
    }
    return new LogPipeline(out);
  }

  private static RowStage stage(Stage stage, NameTable names, UsedLabels wanted) {
    return switch (stage) {
      case Stage.LineFilter f -> new LineFilterStage(LineFilters.compile(f));
      case Stage.Json j when j.extractions().isEmpty() -> new JsonStage(names, wanted);
      case Stage.Json j -> {
        for (Stage.Extraction e : j.extractions()) {
          try {
            JsonPath.parse(e.expression());
          } catch (JsonPath.PathException x) {
            throw new LogqlParseException(
                "cannot parse expression [" + e.expression() + "]: " + x.reason());
          }
        }
        yield new JsonPathStage(names, wanted, j.extractions());
      }
      case Stage.Logfmt l -> {
        for (Stage.Extraction e : l.extractions()) {
          if (e.expression().isBlank() || e.expression().strip().matches(".*[\\s=\"].*")) {
            throw new LogqlParseException(
                "cannot parse expression ["
                    + e.expression()
                    + "]: syntax error: unexpected "
                    + (e.expression().isBlank() ? "$end, expecting KEY" : "KEY"));
          }
        }
        yield new LogfmtStage(names, wanted, l);
      }
      case Stage.Pattern p -> {
        try {
          yield new PatternStage(names, wanted, LinePattern.forParser(p.pattern()));
        } catch (LinePattern.PatternException e) {
          throw new LogqlParseException("invalid pattern: " + e.reason());
        }
      }
      case Stage.Regexp r -> new RegexpStage(names, wanted, regexp(r.expression()));
      case Stage.Unpack u -> new UnpackStage(names, wanted);
      case Stage.LabelFilter f -> new LabelFilterStage(names, f.condition());
      case Stage.LineFormat f -> new FormatStages.LineFormatStage(names, f.template());
      case Stage.LabelFormat f -> new FormatStages.LabelFormatStage(names, f.assignments());
      case Stage.Decolorize d -> new SelectStages.DecolorizeStage();
      case Stage.Drop d -> new SelectStages.DropStage(names, d.labels());
      case Stage.Keep k -> new SelectStages.KeepStage(names, k.labels());
    };
  }

  private static final java.util.regex.Pattern GROUP =
      java.util.regex.Pattern.compile("\\(\\?P?<([^>=!]*)>");

  private static Regex regexp(String expression) {
    Set<String> seen = new HashSet<>();
    java.util.regex.Matcher names = GROUP.matcher(expression);
    while (names.find()) {
      if (!seen.add(names.group(1))) {
        throw new LogqlParseException("duplicate extracted label name '" + names.group(1) + "'");
      }
    }
    Regex r;
    try {
      r = Regex.compile(expression).withBoundedGroups(TemplateFunctions.MAX_GROUPS_BYTES);
      seen = r.groupNames().keySet();
    } catch (IllegalArgumentException e) {
      throw new LogqlParseException(String.valueOf(e.getMessage()));
    }
    for (String g : seen) {
      if (!LabelNames.isLegacyLabelName(g)) {
        throw new LogqlParseException("invalid extracted label name '" + g + "'");
      }
    }
    if (seen.isEmpty()) {
      throw new LogqlParseException("at least one named capture must be supplied");
    }
    return r;
  }

  /** True if there is nothing to do for rows. */
  public boolean isEmpty() {
    return stages.length == 0;
  }

  /**
   * Parts of lines that the stages read, for one of them at most reads lines; null if all of a line
   * is read.
   */
  public @Nullable LogBodyParts lineParts() {
    for (RowStage s : stages) {
      if (s.readsParts()) {
        LineOutline lines = new LineOutline();
        return new LogBodyParts() {
          @Override
          public void mark(byte[] text, int length, int[] places, boolean[] needed, Ranges unread) {
            lines.set(text, length, places, needed);
            s.mark(lines);
            lines.passUnread(unread);
          }

          @Override
          public int ranges(
              byte[] text, int length, int[] places, int arguments, Known known, Ranges ranges) {
            lines.set(text, length, places, arguments, known);
            return length == 0 ? -1 : s.values(lines, ranges);
          }
        };
      }
    }
    return null;
  }

  /** Runs the stages on a row; returns false if the row is dropped. */
  public boolean process(Row row) {
    work += WORK_OF_ROW + row.lineTo - row.lineFrom + (long) WORK_OF_STAGE * stages.length;
    if (work > WORK_BETWEEN_CHECKS) {
      work = 0;
      Cancellation.check();
    }
    for (RowStage s : stages) {
      if (!s.process(row)) {
        return false;
      }
    }
    return true;
  }
}
