package dev.tethys.query.logql.pipeline;

import dev.tethys.codec.template.TemplateException;
import dev.tethys.query.logql.ast.Stage.Assignment;
import dev.tethys.query.logql.parser.LogqlParseException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code line_format} and {@code label_format}. */
final class FormatStages {
  private FormatStages() {}

  /** Rewrites the line with a template. If the template fails, the line stays unchanged. */
  static final class LineFormatStage extends RowStage {
    private final RowTemplate template;

    LineFormatStage(NameTable names, String text) {
      try {
        template = new RowTemplate(names, "line", text);
      } catch (TemplateException e) {
        throw new LogqlParseException("invalid line template: " + e.reason());
      }
    }

    @Override
    boolean process(Row row) {
      try {
        int from = template.write(row);
        row.line(row.arena(), from, template.end());
      } catch (TemplateException e) {
        row.fail(PipelineError.TEMPLATE, e.reason());
      }
      return true;
    }
  }

  /** Renames labels or sets them from templates. */
  static final class LabelFormatStage extends RowStage {
    private final int[] targets;
    private final int[] sources; // -1 for templates
    private final @Nullable RowTemplate[] templates;

    LabelFormatStage(NameTable names, List<Assignment> assignments) {
      int n = assignments.size();
      targets = new int[n];
      sources = new int[n];
      templates = new RowTemplate[n];
      for (int i = 0; i < n; i++) {
        Assignment a = assignments.get(i);
        targets[i] = names.id(a.label());
        sources[i] = a.rename() ? names.id(a.value()) : -1;
        if (!a.rename()) {
          try {
            templates[i] = new RowTemplate(names, "label", a.value());
          } catch (TemplateException e) {
            throw new LogqlParseException(
                "invalid template for label '" + a.label() + "': " + e.reason());
          }
        }
      }
    }

    @Override
    boolean process(Row row) {
      for (int i = 0; i < targets.length; i++) {
        RowTemplate t = templates[i];
        if (t == null) {
          rename(row, targets[i], sources[i]);
          continue;
        }
        try {
          int from = t.write(row);
          row.put(Row.PARSED, targets[i], row.arena(), from, t.end() - from);
        } catch (TemplateException e) {
          row.fail(PipelineError.TEMPLATE, e.reason());
        }
      }
      return true;
    }

    private static void rename(Row row, int target, int source) {
      int s = row.find(source);
      if (s >= 0) {
        row.put(row.categoryAt(s), target, row.bufferAt(s), row.fromAt(s), row.lengthAt(s));
        if (target != source) {
          row.remove(source);
        }
      }
    }
  }
}
