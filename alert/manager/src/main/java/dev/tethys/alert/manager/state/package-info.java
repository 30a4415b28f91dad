/** State of an Alertmanager: alerts, silences and the notification log. */
@NullMarked
package dev.tethys.alert.manager.state;

import org.jspecify.annotations.NullMarked;
