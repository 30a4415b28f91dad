/** The role {@code tethys alertmanager}, and the Alertmanager inside a server. */
@NullMarked
package dev.tethys.app.alertmanager;

import org.jspecify.annotations.NullMarked;
