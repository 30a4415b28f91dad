package dev.tethys.query.logql.pipeline;

import dev.tethys.model.GoFloatReader;
import dev.tethys.model.GoQuote;
import dev.tethys.model.Matcher;
import dev.tethys.query.logql.ast.Comparison;
import dev.tethys.query.logql.ast.Condition;
import dev.tethys.query.logql.parser.LogqlParseException;
import dev.tethys.query.logql.parser.Units;
import dev.tethys.query.logql.parser.Units.UnitException;

/** Label filter. A value that cannot be converted fails the row and keeps it. */
final class LabelFilterStage extends RowStage {
  private static final byte[] EMPTY = {};

  /** Compiled condition. */
  @FunctionalInterface
  private interface Test {
    boolean holds(Row row);
  }

  private final Test test;

  LabelFilterStage(NameTable names, Condition condition) {
    test = compile(names, condition);
  }

  @Override
  boolean process(Row row) {
    return test.holds(row);
  }

  private static Test compile(NameTable names, Condition c) {
    return switch (c) {
      case Condition.Text t -> text(names.id(t.matcher().name()), t.matcher());
      case Condition.Number n -> number(names.id(n.label()), n.comparison(), n.value());
      case Condition.Duration d -> duration(names.id(d.label()), d);
      case Condition.Size s -> size(names.id(s.label()), s);
      case Condition.Ip i -> ip(names.id(i.label()), i);
      case Condition.Both b -> {
        Test l = compile(names, b.left());
        Test r = compile(names, b.right());
        yield row -> l.holds(row) && r.holds(row);
      }
      case Condition.Either e -> {
        Test l = compile(names, e.left());
        Test r = compile(names, e.right());
        yield row -> l.holds(row) || r.holds(row);
      }
    };
  }

  private static Test text(int id, Matcher m) {
    return row -> {
      int s = row.find(id);
      return s < 0
          ? m.matches(EMPTY, 0, 0)
          : m.matches(row.bufferAt(s), row.fromAt(s), row.fromAt(s) + row.lengthAt(s));
    };
  }

  /** Returns the slot of a label; errors are text and are not found here. */
  private static int find(Row row, int id) {
    return id == NameTable.ERROR || id == NameTable.ERROR_DETAILS ? -1 : row.find(id);
  }

  /** Fails a row unless it has failed before. */
  private static void fail(Row row, String details) {
    if (!row.hasError()) {
      row.fail(PipelineError.LABEL_FILTER, details);
    }
  }

  private static Test number(int id, Comparison comparison, double value) {
    return row -> {
      int s = find(row, id);
      if (s < 0) {
        return false;
      }
      double v = Numbers.parse(row.bufferAt(s), row.fromAt(s), row.lengthAt(s));
      if (Double.isNaN(v)) { // a number of another form, or none
        String text = row.textAt(s);
        Double read = GoFloatReader.read(text);
        if (read == null) {
          fail(row, "strconv.ParseFloat: parsing " + GoQuote.quote(text) + ": invalid syntax");
          return true;
        }
        v = read;
      }
      return comparison.holds(v, value);
    };
  }

  private static Test duration(int id, Condition.Duration d) {
    return row -> {
      int s = find(row, id);
      if (s < 0) {
        return false;
      }
      try {
        return d.comparison().holds(Units.goDuration(row.textAt(s)), d.nanos());
      } catch (UnitException e) {
        fail(row, e.reason());
        return true;
      }
    };
  }

  private static Test size(int id, Condition.Size c) {
    return row -> {
      int s = find(row, id);
      if (s < 0) {
        return false;
      }
      try {
        return c.comparison().holds(Units.size(row.textAt(s)), c.bytes());
      } catch (UnitException e) {
        fail(row, e.reason());
        return true;
      }
    };
  }

  private static Test ip(int id, Condition.Ip c) {
    IpPattern pattern;
    try {
      pattern = IpPattern.parse(c.pattern());
    } catch (IpPattern.IpException e) {
      throw new LogqlParseException(e.reason());
    }
    return row -> {
      int s = row.find(id);
      if (row.hasError() || s < 0) {
        return row.hasError();
      }
      int from = row.fromAt(s);
      return pattern.found(row.bufferAt(s), from, from + row.lengthAt(s)) != c.negated();
    };
  }
}
