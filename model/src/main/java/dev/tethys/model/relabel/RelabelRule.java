package dev.tethys.model.relabel;

import dev.tethys.model.GoCase;
import dev.tethys.model.GoQuote;
import dev.tethys.model.Labels.Label;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.NameScheme;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.regex.Groups;
import dev.tethys.model.regex.Regex;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One relabelling rule with Prometheus's semantics. Immutable and safe for any thread.
 *
 * <p>The values of the source labels, joined by the separator, are matched by the expression, which
 * is anchored at both ends and whose dot matches a line end. Equal when written alike.
 */
public final class RelabelRule {
  /** Relabel action. */
  public enum Action {
    REPLACE,
    KEEP,
    DROP,
    KEEPEQUAL,
    DROPEQUAL,
    HASHMOD,
    LABELMAP,
    LABELDROP,
    LABELKEEP,
    LOWERCASE,
    UPPERCASE;

    private final String text = name().toLowerCase(Locale.ROOT);

    /** Text of the action in configurations. */
    public String text() {
      return text;
    }
  }

  /**
   * A rule as configured.
   *
   * @param modulus unsigned 64 bits
   * @param regex expression before anchoring
   */
  public record Spec(
      List<String> sourceLabels,
      String separator,
      String regex,
      long modulus,
      String targetLabel,
      String replacement,
      Action action) {
    /** Defaults for absent keys. */
    public static final Spec DEFAULT =
        new Spec(List.of(), ";", "(.*)", 0, "", "$1", Action.REPLACE);

    public Spec {
      sourceLabels = List.copyOf(sourceLabels);
    }

    public Spec withSource(String... labels) {
      return new Spec(List.of(labels), separator, regex, modulus, targetLabel, replacement, action);
    }

    public Spec withSeparator(String s) {
      return new Spec(sourceLabels, s, regex, modulus, targetLabel, replacement, action);
    }

    public Spec withRegex(String r) {
      return new Spec(sourceLabels, separator, r, modulus, targetLabel, replacement, action);
    }

    public Spec withModulus(long m) {
      return new Spec(sourceLabels, separator, regex, m, targetLabel, replacement, action);
    }

    public Spec withTarget(String t) {
      return new Spec(sourceLabels, separator, regex, modulus, t, replacement, action);
    }

    public Spec withReplacement(String r) {
      return new Spec(sourceLabels, separator, regex, modulus, targetLabel, r, action);
    }

    public Spec withAction(Action a) {
      return new Spec(sourceLabels, separator, regex, modulus, targetLabel, replacement, a);
    }
  }

  private static final LimitedLog LOG = new LimitedLog(JulLogger.of(RelabelRule.class.getName()));

  private static final Regex LEGACY_TARGET =
      Regex.compile("^(?:(?:[a-zA-Z_]|\\$(?:\\{\\w+\\}|\\w+))+\\w*)+$");

  private final Spec spec;
  private final NameScheme scheme;
  private final Regex regex;
  private final Template target;
  private final Template replacement;
  private final boolean justSets;
  private final boolean matchesAll;

  /**
   * Creates a rule.
   *
   * @throws IllegalArgumentException with Prometheus's message if it is invalid
   */
  public RelabelRule(Spec spec, NameScheme scheme) {
    this.spec = spec;
    this.scheme = scheme;
    this.regex = Regex.anchored(spec.regex);
    check();
    target = new Template(spec.targetLabel, regex);
    replacement = new Template(spec.replacement, regex);
    matchesAll = spec.regex.equals(Spec.DEFAULT.regex) || spec.regex.equals(".*");
    justSets =
        spec.action == Action.REPLACE
            && matchesAll
            && spec.targetLabel.indexOf('$') < 0
            && spec.replacement.indexOf('$') < 0;
  }

  private void check() {
    Action a = spec.action;
    Spec d = Spec.DEFAULT;
    if (a == Action.HASHMOD && spec.modulus == 0) {
      throw new IllegalArgumentException(
          "relabel configuration for hashmod requires non-zero modulus");
    }
    boolean setsPlainly =
        switch (a) {
          case LOWERCASE, UPPERCASE, KEEPEQUAL, DROPEQUAL -> true;
          default -> false;
        };
    if ((a == Action.REPLACE || a == Action.HASHMOD || setsPlainly) && spec.targetLabel.isEmpty()) {
      throw new IllegalArgumentException(
          "relabel configuration for " + a.text() + " action requires 'target_label' value");
    }
    boolean targetValid =
        a == Action.REPLACE && spec.targetLabel.indexOf('$') >= 0
            ? isValidTemplate(spec.targetLabel)
            : a != Action.REPLACE && a != Action.HASHMOD && !setsPlainly
                || scheme.isValidLabelName(spec.targetLabel);
    if (!targetValid) {
      throw new IllegalArgumentException(
          GoQuote.quote(spec.targetLabel)
              + " is invalid 'target_label' for "
              + a.text()
              + " action");
    }
    if (setsPlainly && !spec.replacement.equals(d.replacement)) {
      throw new IllegalArgumentException(
          "'replacement' can not be set for " + a.text() + " action");
    }
    if (a == Action.LABELMAP && !isValidTemplate(spec.replacement)) {
      throw new IllegalArgumentException(
          GoQuote.quote(spec.replacement)
              + " is invalid 'replacement' for "
              + a.text()
              + " action");
    }
    boolean noneOfTheOthers =
        spec.modulus == d.modulus
            && spec.separator.equals(d.separator)
            && spec.replacement.equals(d.replacement);
    if ((a == Action.KEEPEQUAL || a == Action.DROPEQUAL)
        && !(noneOfTheOthers && spec.regex.equals(d.regex))) {
      throw new IllegalArgumentException(
          a.text()
              + " action requires only 'source_labels' and `target_label`, and no other fields");
    }
    if ((a == Action.LABELDROP || a == Action.LABELKEEP)
        && !(noneOfTheOthers && spec.sourceLabels.isEmpty() && spec.targetLabel.isEmpty())) {
      throw new IllegalArgumentException(
          a.text() + " action requires only 'regex', and no other fields");
    }
  }

  private boolean isValidTemplate(String s) {
    return scheme == NameScheme.UTF8 ? scheme.isValidLabelName(s) : LEGACY_TARGET.find(s);
  }

  /** Rule as configured. */
  public Spec spec() {
    return spec;
  }

  /**
   * Applies the rule; returns false if the set is to be dropped, as one is whose values would
   * become longer than any that can be stored.
   */
  public boolean apply(LabelsBuilder labels) {
    try {
      return applied(labels);
    } catch (Template.TooLongException e) {
      LOG.log(
          Level.WARNING,
          "Label set dropped: relabelling made a value or name of more than {0} characters"
              + " action={1} target_label={2} replacement={3}",
          Template.MAX_LENGTH,
          spec.action.text(),
          spec.targetLabel,
          spec.replacement);
      return false;
    }
  }

  private boolean applied(LabelsBuilder labels) {
    switch (spec.action) {
      case KEEP -> {
        return matches(joined(labels));
      }
      case DROP -> {
        return !matches(joined(labels));
      }
      case KEEPEQUAL -> {
        return labels.get(spec.targetLabel).equals(joined(labels));
      }
      case DROPEQUAL -> {
        return !labels.get(spec.targetLabel).equals(joined(labels));
      }
      case REPLACE -> replace(labels);
      case HASHMOD -> labels.set(spec.targetLabel, hashMod(joined(labels)));
      case LOWERCASE -> labels.set(spec.targetLabel, GoCase.lower(joined(labels)));
      case UPPERCASE -> labels.set(spec.targetLabel, GoCase.upper(joined(labels)));
      case LABELMAP -> {
        // Names that the rule itself sets are not mapped again.
        for (Label l : labels.build().toList()) {
          if (regex.find(l.name())) {
            String name = expanded(replacement, l.name());
            if (!name.isEmpty()) {
              labels.set(name, l.value());
            }
          }
        }
      }
      case LABELDROP -> removeWhere(labels, true);
      case LABELKEEP -> removeWhere(labels, false);
    }
    return true;
  }

  private boolean matches(String value) {
    return matchesAll || regex.find(value);
  }

  private String joined(LabelsBuilder labels) {
    List<String> names = spec.sourceLabels;
    switch (names.size()) {
      case 0 -> {
        return "";
      }
      case 1 -> {
        return labels.get(names.getFirst());
      }
      default -> {
        StringBuilder sb = new StringBuilder(labels.get(names.getFirst()));
        for (int i = 1; i < names.size(); i++) {
          Template.append(sb, spec.separator);
          Template.append(sb, labels.get(names.get(i)));
        }
        return sb.toString();
      }
    }
  }

  private void replace(LabelsBuilder labels) {
    if (justSets) {
      labels.set(spec.targetLabel, spec.replacement);
      return;
    }
    String value = joined(labels);
    if (!matches(value)) {
      return;
    }
    String name = expanded(target, value);
    if (scheme.isValidLabelName(name)) {
      labels.set(name, expanded(replacement, value));
    }
  }

  /** Replacement for a matching value; capture groups are evaluated only if it references one. */
  private String expanded(Template template, String value) {
    if (template.isConstant()) {
      return template.constant();
    }
    Groups g = regex.groups(value);
    return g.find() ? template.expand(g) : "";
  }

  private void removeWhere(LabelsBuilder labels, boolean matching) {
    for (String name : labels.names()) {
      if (matches(name) == matching) {
        labels.remove(name);
      }
    }
  }

  private String hashMod(String value) {
    try {
      byte[] md5 = MessageDigest.getInstance("MD5").digest(value.getBytes(StandardCharsets.UTF_8));
      long low = ByteBuffer.wrap(md5).getLong(8);
      return Long.toUnsignedString(Long.remainderUnsigned(low, spec.modulus));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK supports MD5", e);
    }
  }

  @Override
  public boolean equals(@Nullable Object o) {
    return o instanceof RelabelRule r && spec.equals(r.spec) && scheme == r.scheme;
  }

  @Override
  public int hashCode() {
    return spec.hashCode();
  }

  @Override
  public String toString() {
    return spec.toString();
  }
}
