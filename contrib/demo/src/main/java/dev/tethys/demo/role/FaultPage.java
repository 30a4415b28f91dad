package dev.tethys.demo.role;

import dev.tethys.demo.Fault;
import dev.tethys.demo.Faults;
import dev.tethys.model.log.JulLogger;
import dev.tethys.web.HttpException;
import dev.tethys.web.Routes;
import java.lang.System.Logger.Level;
import java.util.Arrays;
import java.util.stream.Collectors;

/** Page and API that show and switch the faults. */
public final class FaultPage {
  private static final System.Logger LOG = JulLogger.of(FaultPage.class.getName());

  private final Faults faults;

  public FaultPage(Faults faults) {
    this.faults = faults;
  }

  /**
   * Adds {@code GET /faults} (a page), {@code GET /api/faults} and {@code POST
   * /api/faults/NAME/on|off}.
   */
  public void routes(Routes routes) {
    routes.get("/", (q, r) -> r.redirect(302, "/faults"));
    routes.get(
        "/faults", (q, r) -> r.header("Content-Type", "text/html; charset=utf-8").send(page()));
    routes.get("/api/faults", (q, r) -> r.header("Content-Type", "application/json").send(json()));
    routes.post(
        "/api/faults/{name}/{state}",
        (q, r) -> {
          set(q.pathParam("name"), q.pathParam("state"));
          if (q.query().first("page") != null) {
            r.redirect(303, "/faults");
          } else {
            r.header("Content-Type", "application/json").send(json());
          }
        });
  }

  private void set(String name, String state) {
    Fault fault =
        Fault.of(name)
            .orElseThrow(
                () -> new HttpException(404, "no fault '" + name + "'; faults: " + names()));
    if (!state.equals("on") && !state.equals("off")) {
      throw new HttpException(400, "state must be on or off, not '" + state + "'");
    }
    if (faults.set(fault, state.equals("on"))) {
      LOG.log(Level.INFO, "Fault switched fault={0} state={1}", name, state);
    }
  }

  /** Names of all faults, separated by commas. */
  static String names() {
    return Arrays.stream(Fault.values()).map(Fault::id).collect(Collectors.joining(", "));
  }

  private String json() {
    return Arrays.stream(Fault.values())
        .map(f -> "\"" + f.id() + "\":" + faults.isOn(f))
        .collect(Collectors.joining(",", "{", "}\n"));
  }

  private String page() {
    StringBuilder rows = new StringBuilder();
    for (Fault f : Fault.values()) {
      boolean on = faults.isOn(f);
      rows.append(
          """
          <tr><td><b>%s</b></td><td>%s</td><td>%s</td><td>
          <form method="post" action="/api/faults/%s/%s?page=1"><button>Switch %s</button></form></td></tr>
          """
              .formatted(
                  f.id(),
                  f.effect(),
                  on ? "on" : "off",
                  f.id(),
                  on ? "off" : "on",
                  on ? "off" : "on"));
    }
    return """
    <!doctype html><html lang="en"><meta charset="utf-8"><title>Demo shop</title>
    <style>body{font:15px system-ui;margin:2rem;max-width:60rem}td{padding:.5rem;border-bottom:1px solid #ccc}</style>
    <h1>Demo shop</h1><p>Switch a fault on, then find its cause in Tethys.</p><table>
    """
        + rows
        + "</table></html>\n";
  }
}
