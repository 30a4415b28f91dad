package dev.tethys.codec.template.sprig;

import static dev.tethys.codec.template.TemplateFunction.Parameter.ANY;

import dev.tethys.codec.template.GoInteger;
import dev.tethys.codec.template.TemplateFunction;
import dev.tethys.codec.template.TemplateFunction.Failure;
import dev.tethys.model.GoFloat;
import dev.tethys.model.GoFloatReader;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;
import java.util.function.BinaryOperator;
import java.util.function.DoubleBinaryOperator;
import java.util.function.LongBinaryOperator;
import org.jspecify.annotations.Nullable;

/** Sprig's functions for numbers. They accept text too; text that is not a number counts as 0. */
final class NumberFunctions {
  /** Decimal places of a quotient. */
  private static final int DIVISION_SCALE = 16;

  private NumberFunctions() {}

  static void addTo(Map<String, TemplateFunction> m) {
    m.put("int", TemplateFunction.of(a -> whole(a[0]), ANY));
    m.put("int64", TemplateFunction.of(a -> whole(a[0]), ANY));
    m.put("atoi", TemplateFunction.of(a -> whole(a[0]), ANY));
    m.put("float64", TemplateFunction.of(a -> real(a[0]), ANY));
    m.put("toDecimal", TemplateFunction.of(a -> octal(a[0]), ANY));
    m.put("add", whole(Long::sum));
    m.put("mul", whole((x, y) -> x * y));
    m.put("max", whole(Math::max));
    m.put("biggest", whole(Math::max));
    m.put("min", whole(Math::min));
    m.put("add1", TemplateFunction.of(a -> whole(a[0]) + 1, ANY));
    m.put("sub", TemplateFunction.of(a -> whole(a[0]) - whole(a[1]), ANY, ANY));
    m.put("div", TemplateFunction.of(a -> whole(a[0]) / divisor(a[1]), ANY, ANY));
    m.put("mod", TemplateFunction.of(a -> whole(a[0]) % divisor(a[1]), ANY, ANY));
    m.put("addf", decimal(BigDecimal::add));
    m.put("subf", decimal(BigDecimal::subtract));
    m.put("mulf", decimal(BigDecimal::multiply));
    m.put("divf", decimal(NumberFunctions::divided));
    m.put("maxf", real(Math::max));
    m.put("minf", real(Math::min));
    m.put("add1f", TemplateFunction.of(a -> real(a[0]) + 1, ANY));
    m.put("ceil", TemplateFunction.of(a -> Math.ceil(real(a[0])), ANY));
    m.put("floor", TemplateFunction.of(a -> Math.floor(real(a[0])), ANY));
    m.put("round", TemplateFunction.variadic(NumberFunctions::round, ANY, ANY, ANY));
  }

  private static TemplateFunction whole(LongBinaryOperator op) {
    return TemplateFunction.variadic(
        a -> {
          long v = whole(a[0]);
          for (int i = 1; i < a.length; i++) {
            v = op.applyAsLong(v, whole(a[i]));
          }
          return v;
        },
        ANY,
        ANY);
  }

  private static TemplateFunction real(DoubleBinaryOperator op) {
    return TemplateFunction.variadic(
        a -> {
          double v = real(a[0]);
          for (int i = 1; i < a.length; i++) {
            v = op.applyAsDouble(v, real(a[i]));
          }
          return v;
        },
        ANY,
        ANY);
  }

  /** Decimal arithmetic as in Sprig: 0.1 and 0.2 are 0.3. */
  private static TemplateFunction decimal(BinaryOperator<BigDecimal> op) {
    return TemplateFunction.variadic(
        a -> {
          BigDecimal v = decimal(a[0]);
          for (int i = 1; i < a.length; i++) {
            v = op.apply(v, decimal(a[i]));
          }
          return v.doubleValue();
        },
        ANY,
        ANY);
  }

  private static BigDecimal decimal(@Nullable Object v) {
    double d = real(v);
    if (!Double.isFinite(d)) {
      throw new Failure("cannot calculate with " + GoFloat.f(d));
    }
    return BigDecimal.valueOf(d);
  }

  private static BigDecimal divided(BigDecimal a, BigDecimal b) {
    if (b.signum() == 0) {
      throw new Failure("decimal division by 0");
    }
    return a.divide(b, DIVISION_SCALE, RoundingMode.HALF_UP);
  }

  static long whole(@Nullable Object v) {
    return switch (v) {
      case GoInteger n -> n.number();
      case Long l -> l;
      case Double d -> (long) (double) d;
      case Boolean b -> b ? 1 : 0;
      case String s -> {
        try {
          yield Long.decode(s.strip().replaceFirst("\\.0*$", ""));
        } catch (NumberFormatException e) {
          yield 0;
        }
      }
      case null, default -> 0;
    };
  }

  static double real(@Nullable Object v) {
    return switch (v) {
      case GoInteger n -> n.number();
      case Double d -> d;
      case Long l -> l;
      case Boolean b -> b ? 1 : 0;
      case String s -> {
        Double d = GoFloatReader.read(s);
        yield d == null ? 0 : d;
      }
      case null, default -> 0;
    };
  }

  private static long divisor(@Nullable Object v) {
    long d = whole(v);
    if (d == 0) {
      throw new Failure("runtime error: integer divide by zero");
    }
    return d;
  }

  private static long octal(@Nullable Object v) {
    try {
      return Long.parseLong(SprigStrings.text(v), 8);
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  /**
   * Rounds to the given number of places; a third argument sets the fraction from which it rounds
   * up.
   */
  private static Object round(@Nullable Object[] a) {
    if (a.length < 2) {
      throw new Failure("round requires a number and a number of decimal places");
    }
    double roundOn = a.length > 2 ? real(a[2]) : 0.5;
    double power = Math.pow(10, whole(a[1]));
    double digit = power * real(a[0]);
    double fraction = digit % 1;
    double rounded = fraction >= roundOn ? Math.ceil(digit) : Math.floor(digit);
    return rounded / power;
  }
}
