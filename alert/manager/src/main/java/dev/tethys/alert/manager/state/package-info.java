/** Alerts, silences and what was sent: what an Alertmanager remembers. */
@NullMarked
package dev.tethys.alert.manager.state;

import org.jspecify.annotations.NullMarked;
