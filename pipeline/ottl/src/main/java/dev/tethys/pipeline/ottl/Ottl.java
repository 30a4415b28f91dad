package dev.tethys.pipeline.ottl;

import dev.tethys.pipeline.ottl.syntax.OttlParser;
import dev.tethys.pipeline.ottl.syntax.OttlTree;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Loads strings of OTTL: parses, finds the context, checks types, and compiles to closures. All
 * errors that can be seen then are {@link OttlException}s with their position.
 */
public final class Ottl {
  private final OttlFunctions functions;

  public Ottl(OttlFunctions functions) {
    this.functions = functions;
  }

  /**
   * Loads a group of statements.
   *
   * @param contexts contexts of the signal, such as {@link OttlContext#LOGS}
   * @param context context as configured, or null to infer it from the paths, which then start with
   *     the name of a context
   * @param conditions combined with or, under which the group runs; empty to always run
   */
  public Statements statements(
      List<OttlContext> contexts,
      @Nullable OttlContext context,
      List<String> conditions,
      List<String> statements,
      ErrorMode mode) {
    List<OttlTree> trees = new ArrayList<>();
    List<OttlTree.Statement> parsed = new ArrayList<>();
    for (String s : statements) {
      OttlTree.Statement t = OttlParser.statement(s);
      parsed.add(t);
      trees.add(t);
    }
    List<OttlTree.Expression> parsedConditions = new ArrayList<>();
    for (String c : conditions) {
      OttlTree.Expression t = OttlParser.condition(c);
      parsedConditions.add(t);
      trees.add(t);
    }
    List<String> texts = new ArrayList<>(statements);
    texts.addAll(conditions);
    OttlContext found =
        context != null
            ? checked(contexts, context)
            : new ContextInference(functions, contexts).infer(texts, trees);
    List<Statement> compiled = new ArrayList<>();
    for (int i = 0; i < parsed.size(); i++) {
      OttlTree.Statement t = parsed.get(i);
      OttlCompiler c = new OttlCompiler(statements.get(i), found, functions, context == null);
      compiled.add(
          new Statement(
              statements.get(i),
              c.call(t.editor()),
              t.where() == null ? null : c.condition(t.where())));
    }
    return new Statements(
        found,
        conditions.isEmpty()
            ? null
            : compiled(found, conditions, parsedConditions, context == null, mode),
        compiled,
        mode);
  }

  /** Loads conditions combined with or; parameters as for {@link #statements}. */
  public Conditions conditions(
      List<OttlContext> contexts,
      @Nullable OttlContext context,
      List<String> texts,
      ErrorMode mode) {
    List<OttlTree.Expression> parsed = texts.stream().map(OttlParser::condition).toList();
    OttlContext found =
        context != null
            ? checked(contexts, context)
            : new ContextInference(functions, contexts).infer(texts, List.copyOf(parsed));
    return compiled(found, texts, parsed, context == null, mode);
  }

  /** Loads a value for a context; paths may start with the name of a context. */
  public ValueExpression value(OttlContext context, String text) {
    return new ValueExpression(
        text, new OttlCompiler(text, context, functions, false).value(OttlParser.value(text)));
  }

  private Conditions compiled(
      OttlContext context,
      List<String> texts,
      List<OttlTree.Expression> parsed,
      boolean prefixed,
      ErrorMode mode) {
    List<Condition> compiled = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      OttlCompiler c = new OttlCompiler(texts.get(i), context, functions, prefixed);
      compiled.add(new Condition(texts.get(i), c.condition(parsed.get(i))));
    }
    return new Conditions(context, compiled, mode);
  }

  private static OttlContext checked(List<OttlContext> contexts, OttlContext context) {
    if (!contexts.contains(context)) {
      throw new OttlException(
          "",
          0,
          "there is no context "
              + context.text()
              + " here; there are "
              + String.join(", ", contexts.stream().map(OttlContext::text).toList()));
    }
    return context;
  }
}
