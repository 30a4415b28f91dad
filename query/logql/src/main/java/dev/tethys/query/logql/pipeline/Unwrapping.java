package dev.tethys.query.logql.pipeline;

import dev.tethys.model.GoFloatReader;
import dev.tethys.model.GoQuote;
import dev.tethys.query.logql.ast.Condition;
import dev.tethys.query.logql.ast.MetricExpr.Conversion;
import dev.tethys.query.logql.ast.MetricExpr.Unwrap;
import dev.tethys.query.logql.parser.Units;
import dev.tethys.query.logql.parser.Units.UnitException;
import java.util.ArrayList;
import java.util.List;

/** Takes the sample of a row from a label. */
public final class Unwrapping {
  private final int label;
  private final Conversion conversion;
  private final List<RowStage> filters = new ArrayList<>();
  private double value;

  /** Prepares an unwrap for rows with names of a table. */
  public Unwrapping(NameTable names, Unwrap unwrap) {
    label = names.id(unwrap.label());
    conversion = unwrap.conversion();
    for (Condition c : unwrap.filters()) {
      filters.add(new LabelFilterStage(names, c));
    }
  }

  /** Returns the number of the label's name. */
  public int label() {
    return label;
  }

  /** Returns the sample of the last row. */
  public double value() {
    return value;
  }

  /**
   * Reads the sample of a row; returns false if it has none. A value that is not a number fails the
   * row.
   */
  public boolean read(Row row) {
    int s = row.find(label);
    if (s < 0 || row.lengthAt(s) == 0) {
      return false;
    }
    value = 0;
    try {
      value = convert(row, s);
    } catch (UnitException e) {
      row.fail(PipelineError.SAMPLE_EXTRACTION, e.reason());
    }
    for (RowStage f : filters) {
      if (!f.process(row)) {
        return false;
      }
    }
    return true;
  }

  private double convert(Row row, int s) throws UnitException {
    return switch (conversion) {
      case BYTES -> Units.size(row.textAt(s));
      case DURATION, DURATION_SECONDS -> Units.goDuration(row.textAt(s)) / 1e9;
      case NONE -> {
        double v = Numbers.parse(row.bufferAt(s), row.fromAt(s), row.lengthAt(s));
        if (!Double.isNaN(v)) {
          yield v;
        }
        String text = row.textAt(s);
        Double read = GoFloatReader.read(text);
        if (read == null) {
          row.fail(
              PipelineError.SAMPLE_EXTRACTION,
              "strconv.ParseFloat: parsing " + GoQuote.quote(text) + ": invalid syntax");
          yield 0;
        }
        yield read;
      }
    };
  }
}
