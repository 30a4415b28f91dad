package dev.tethys.control.mdai;

/**
 * Condition of a rule: a change of an alert or of a variable.
 *
 * @param ofVariable false for an alert
 * @param name alert or variable name
 * @param change status of the alert, or {@code added}, {@code removed} or {@code set}; "" for any
 */
public record HubTrigger(boolean ofVariable, String name, String change) {
  public static HubTrigger alert(String name, String status) {
    return new HubTrigger(false, name, status);
  }

  public static HubTrigger variable(String name, String updateType) {
    return new HubTrigger(true, name, updateType);
  }

  /** Whether a change of an alert meets the condition. */
  public boolean matchesAlert(String alert, String status) {
    return !ofVariable && matches(alert, status);
  }

  /** Whether a change of a variable meets the condition. */
  public boolean matchesVariable(String variable, String updateType) {
    return ofVariable && matches(variable, updateType);
  }

  private boolean matches(String what, String how) {
    return !name.isEmpty() && name.equals(what) && (change.isEmpty() || change.equals(how));
  }
}
