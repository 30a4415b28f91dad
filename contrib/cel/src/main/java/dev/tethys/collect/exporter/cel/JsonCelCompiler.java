package dev.tethys.collect.exporter.cel;

import dev.cel.common.CelFunctionDecl;
import dev.cel.common.CelIssue;
import dev.cel.common.CelOptions;
import dev.cel.common.CelOverloadDecl;
import dev.cel.common.CelValidationException;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.types.ListType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.values.NullValue;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.parser.CelMacro;
import dev.cel.parser.CelMacroExprFactory;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelFunctionBinding;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import dev.cel.runtime.CelStandardFunctions;
import dev.tethys.collect.exporter.CelCompiler;
import dev.tethys.model.GoFloat;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Compiles with Google's cel-java. Four functions of the library differ from cel-go, which the
 * expressions are written for, and are replaced here: {@code has} of a field of a number or null,
 * {@code string} of a double and of a duration, and list indexes that are doubles, as all numbers
 * of JSON are.
 */
public final class JsonCelCompiler implements CelCompiler {
  /** Iterations of all macros in one evaluation: about half a second. */
  private static final int MAX_ITERATIONS = 1_000_000;

  private static final String HAS_FIELD = "@has_field";
  private static final String INDEX_DOUBLE = "index_list_double";

  /** Names of the overloads that are replaced, as in the enumerations of the library. */
  private static final Set<String> REPLACED =
      Set.of("DOUBLE_TO_STRING", "DURATION_TO_STRING", "INDEX_LIST");

  private static final CelOptions OPTIONS =
      CelOptions.current()
          .comprehensionMaxIterations(MAX_ITERATIONS)
          .enableHeterogeneousNumericComparisons(true)
          .build();

  private final dev.cel.compiler.CelCompiler compiler =
      CelCompilerFactory.standardCelCompilerBuilder()
          .setOptions(OPTIONS)
          .setStandardMacros(
              CelStandardMacro.STANDARD_MACROS.stream()
                  .filter(m -> m != CelStandardMacro.HAS)
                  .toList())
          .addMacros(CelMacro.newGlobalMacro("has", 1, JsonCelCompiler::expandHas))
          .addFunctionDeclarations(
              CelFunctionDecl.newFunctionDeclaration(
                  HAS_FIELD,
                  CelOverloadDecl.newGlobalOverload(
                      HAS_FIELD, SimpleType.BOOL, SimpleType.DYN, SimpleType.STRING)),
              CelFunctionDecl.newFunctionDeclaration(
                  "_[_]",
                  CelOverloadDecl.newGlobalOverload(
                      INDEX_DOUBLE,
                      SimpleType.DYN,
                      ListType.create(SimpleType.DYN),
                      SimpleType.DOUBLE)))
          .addVar("body", SimpleType.DYN)
          .build();

  private final CelRuntime runtime =
      CelRuntimeFactory.standardCelRuntimeBuilder()
          .setOptions(OPTIONS)
          .setStandardEnvironmentEnabled(false)
          .setStandardFunctions(
              CelStandardFunctions.newBuilder()
                  .filterFunctions((f, overload) -> !REPLACED.contains(String.valueOf(overload)))
                  .build())
          .addFunctionBindings(
              CelFunctionBinding.from(
                  HAS_FIELD, Object.class, String.class, JsonCelCompiler::hasField),
              CelFunctionBinding.from(
                  "double_to_string", Double.class, d -> GoFloat.format(d, 'g', -1)),
              CelFunctionBinding.from(
                  "duration_to_string", Duration.class, JsonCelCompiler::seconds),
              CelFunctionBinding.from(
                  "index_list", List.class, Long.class, JsonCelCompiler::element),
              CelFunctionBinding.from(
                  INDEX_DOUBLE, List.class, Double.class, JsonCelCompiler::element))
          .build();

  @Override
  public Program compile(String expression) {
    try {
      return new JsonProgram(
          expression, runtime.createProgram(compiler.compile(expression).getAst()));
    } catch (CelValidationException e) {
      CelIssue first = e.getErrors().getFirst();
      throw new CelException(
          "column " + (first.getSourceLocation().getColumn() + 1) + ": " + first.getMessage(), e);
    } catch (CelEvaluationException e) {
      throw new CelException("column 1: " + e.getMessage(), e);
    }
  }

  private static Optional<CelExpr> expandHas(
      CelMacroExprFactory factory, CelExpr target, List<CelExpr> arguments) {
    CelExpr field = arguments.getFirst();
    if (field.exprKind().getKind() != CelExpr.ExprKind.Kind.SELECT) {
      return Optional.of(
          factory.reportError(
              CelIssue.formatError(
                  factory.getSourceLocation(field), "has() takes a field, such as has(body.a)")));
    }
    return Optional.of(
        factory.newGlobalCall(
            HAS_FIELD, field.select().operand(), factory.newStringLiteral(field.select().field())));
  }

  private static Object hasField(Object of, String field) {
    if (of instanceof List) {
      throw new IllegalArgumentException("a list has no field " + field);
    }
    return of instanceof Map<?, ?> m && m.containsKey(field);
  }

  private static Object element(List<?> list, Number number) {
    double index = number.doubleValue();
    if (index != Math.rint(index) || index < 0 || index >= list.size()) {
      throw new IllegalArgumentException(
          "index " + number + " is not an element of a list of " + list.size());
    }
    return list.get((int) index);
  }

  private static String seconds(Duration d) {
    return BigDecimal.valueOf(d.getSeconds())
            .add(BigDecimal.valueOf(d.getNano(), 9))
            .stripTrailingZeros()
            .toPlainString()
        + "s";
  }

  private record JsonProgram(String text, CelRuntime.Program compiled) implements Program {
    @Override
    public boolean isTrue(@Nullable Object json) {
      Object value;
      try {
        value = compiled.eval(Map.of("body", convert(json)));
      } catch (CelEvaluationException | IllegalArgumentException e) {
        throw new CelException(String.valueOf(e.getMessage()), e);
      }
      if (value instanceof Boolean b) {
        return b;
      }
      throw new CelException("the value must be a bool but is " + value);
    }

    private static Object convert(@Nullable Object json) {
      return switch (json) {
        case null -> NullValue.NULL_VALUE;
        case Number n -> n.doubleValue();
        case Attributes a -> {
          Map<String, Object> out = new HashMap<>();
          a.forEach((k, x) -> out.put(k, convert(x)));
          yield out;
        }
        case ArrayValue a -> {
          List<Object> out = new ArrayList<>(a.size());
          for (int i = 0; i < a.size(); i++) {
            out.add(convert(a.get(i)));
          }
          yield out;
        }
        default -> json;
      };
    }
  }
}
