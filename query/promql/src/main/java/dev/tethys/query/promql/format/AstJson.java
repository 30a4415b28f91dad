package dev.tethys.query.promql.format;

import dev.tethys.model.GoFloat;
import dev.tethys.model.Matcher;
import dev.tethys.query.promql.ast.Expr;
import dev.tethys.query.promql.ast.Expr.Cardinality;
import dev.tethys.query.promql.ast.Expr.Duration;
import dev.tethys.query.promql.ast.Expr.DurationExpr;
import dev.tethys.query.promql.ast.Expr.Extension;
import dev.tethys.query.promql.ast.Expr.TimeShift;
import dev.tethys.query.promql.ast.Expr.ValueType;
import dev.tethys.query.promql.ast.Expr.VectorMatching;
import dev.tethys.query.promql.ast.PromqlFunction;
import java.io.StringWriter;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * The tree as JSON in the form of {@code /api/v1/parse_query}, which Prometheus's UI draws. Keys
 * are in alphabetical order.
 */
public final class AstJson {
  private static final JsonFactory FACTORY = new JsonFactory();

  private final JsonGenerator out;

  private AstJson(JsonGenerator out) {
    this.out = out;
  }

  /** Returns the JSON text of an expression. */
  public static String toJson(Expr e) {
    StringWriter w = new StringWriter();
    try (JsonGenerator g = FACTORY.createGenerator(ObjectWriteContext.empty(), w)) {
      new AstJson(g).expr(e);
    }
    return w.toString();
  }

  private void expr(@Nullable Expr e) {
    if (e == null) {
      out.writeNull();
      return;
    }
    out.writeStartObject();
    switch (e) {
      case Expr.Aggregate a -> {
        field("expr", a.inner());
        strings("grouping", a.grouping());
        out.writeStringProperty("op", a.op().text());
        field("param", a.parameter());
        type("aggregation");
        out.writeBooleanProperty("without", a.without());
      }
      case Expr.Binary b -> {
        out.writeBooleanProperty("bool", b.returnBool());
        field("lhs", b.left());
        matching(b.matching());
        out.writeStringProperty("op", b.op().text());
        field("rhs", b.right());
        type("binaryExpr");
      }
      case Expr.Call c -> {
        out.writeArrayPropertyStart("args");
        c.arguments().forEach(this::expr);
        out.writeEndArray();
        function(c.function());
        type("call");
      }
      case Expr.MatrixSelector m -> {
        Expr.VectorSelector v = m.selector();
        selector(v);
        out.writeNumberProperty("range", m.range().millis());
        durationExpr("rangeExpr", m.range().expression());
        selectorEnd(v, "matrixSelector");
      }
      case Expr.VectorSelector v -> {
        selector(v);
        selectorEnd(v, "vectorSelector");
      }
      case Expr.Subquery s -> {
        field("expr", s.inner());
        offset(s.shift());
        out.writeNumberProperty("range", s.range().millis());
        durationExpr("rangeExpr", s.range().expression());
        startOrEnd(s.shift());
        Duration step = s.step();
        out.writeNumberProperty("step", step == null ? 0 : step.millis());
        durationExpr("stepExpr", step == null ? null : step.expression());
        timestamp(s.shift());
        type("subquery");
      }
      case Expr.NumberLiteral n -> {
        type("numberLiteral");
        out.writeStringProperty("val", GoFloat.f(n.value()));
      }
      case Expr.StringLiteral s -> {
        type("stringLiteral");
        out.writeStringProperty("val", s.value());
      }
      case Expr.Paren p -> {
        field("expr", p.inner());
        type("parenExpr");
      }
      case Expr.Unary u -> {
        field("expr", u.operand());
        out.writeStringProperty("op", u.negative() ? "-" : "+");
        type("unaryExpr");
      }
    }
    out.writeEndObject();
  }

  private void field(String name, @Nullable Expr e) {
    out.writeName(name);
    expr(e);
  }

  private void type(String type) {
    out.writeStringProperty("type", type);
  }

  private void strings(String name, List<String> values) {
    out.writeArrayPropertyStart(name);
    values.forEach(out::writeString);
    out.writeEndArray();
  }

  private void matching(@Nullable VectorMatching m) {
    if (m == null) {
      out.writeNullProperty("matching");
      return;
    }
    out.writeObjectPropertyStart("matching");
    out.writeStringProperty("card", text(m.cardinality()));
    out.writeObjectPropertyStart("fillValues");
    number("lhs", m.fillLeft());
    number("rhs", m.fillRight());
    out.writeEndObject();
    strings("include", m.include());
    strings("labels", m.labels());
    out.writeBooleanProperty("on", m.on());
    out.writeEndObject();
  }

  private void number(String name, @Nullable Double v) {
    if (v == null) {
      out.writeNullProperty(name);
    } else {
      // JSON knows no NaN and no infinity; the reference fails on them, a text is more useful.
      out.writeName(name);
      if (Double.isFinite(v)) {
        out.writeRawValue(GoFloat.f(v));
      } else {
        out.writeString(GoFloat.f(v));
      }
    }
  }

  private static String text(Cardinality c) {
    return c.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private void function(PromqlFunction f) {
    out.writeObjectPropertyStart("func");
    strings("argTypes", f.argumentTypes().stream().map(ValueType::text).toList());
    out.writeStringProperty("name", f.name());
    out.writeStringProperty("returnType", f.returnType().text());
    out.writeNumberProperty("variadic", f.variadic());
    out.writeEndObject();
  }

  private void selector(Expr.VectorSelector v) {
    out.writeBooleanProperty("anchored", v.extension() == Extension.ANCHORED);
    out.writeArrayPropertyStart("matchers");
    for (Matcher m : v.matchers()) {
      out.writeStartObject();
      out.writeStringProperty("name", m.name());
      out.writeStringProperty("type", m.type().operator());
      out.writeStringProperty("value", m.value());
      out.writeEndObject();
    }
    out.writeEndArray();
    out.writeStringProperty("name", v.name());
    offset(v.shift());
  }

  private void selectorEnd(Expr.VectorSelector v, String type) {
    out.writeBooleanProperty("smoothed", v.extension() == Extension.SMOOTHED);
    startOrEnd(v.shift());
    timestamp(v.shift());
    type(type);
  }

  private void offset(TimeShift shift) {
    out.writeNumberProperty("offset", shift.offset().millis());
    durationExpr("offsetExpr", shift.offset().expression());
  }

  private void startOrEnd(TimeShift shift) {
    if (shift.atAnchor() == null) {
      out.writeNullProperty("startOrEnd");
    } else {
      out.writeStringProperty("startOrEnd", shift.atAnchor().name().toLowerCase(Locale.ROOT));
    }
  }

  private void timestamp(TimeShift shift) {
    Long at = shift.at();
    if (at == null) {
      out.writeNullProperty("timestamp");
    } else {
      out.writeNumberProperty("timestamp", at);
    }
  }

  private void durationExpr(String name, @Nullable DurationExpr e) {
    out.writeName(name);
    if (e == null) {
      out.writeNull();
    } else {
      durationExpr(e, false);
    }
  }

  private void durationExpr(DurationExpr e, boolean wrapped) {
    switch (e) {
      case DurationExpr.Literal l when wrapped -> operation("+", null, l, true);
      case DurationExpr.Literal l -> {
        out.writeStartObject();
        out.writeBooleanProperty("duration", l.duration());
        type("numberLiteral");
        out.writeStringProperty("val", GoFloat.f(l.seconds()));
        out.writeEndObject();
      }
      case DurationExpr.Wrapped w -> durationExpr(w.inner(), true);
      case DurationExpr.Signed s -> operation(s.negative() ? "-" : "+", null, s.operand(), wrapped);
      case DurationExpr.Arithmetic a -> operation(a.op().text(), a.left(), a.right(), wrapped);
      case DurationExpr.Step s -> operation("step", null, null, wrapped);
      case DurationExpr.Range r -> operation("range", null, null, wrapped);
      case DurationExpr.Extreme x ->
          operation(x.max() ? "max_of" : "min_of", x.left(), x.right(), wrapped);
    }
  }

  private void operation(
      String op, @Nullable DurationExpr left, @Nullable DurationExpr right, boolean wrapped) {
    out.writeStartObject();
    durationExpr("lhs", left);
    out.writeStringProperty("op", op);
    durationExpr("rhs", right);
    type("durationExpr");
    out.writeBooleanProperty("wrapped", wrapped);
    out.writeEndObject();
  }
}
