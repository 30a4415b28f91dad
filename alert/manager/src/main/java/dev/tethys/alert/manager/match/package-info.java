/** Conditions on labels in the syntax of Alertmanager, old and new. */
@NullMarked
package dev.tethys.alert.manager.match;

import org.jspecify.annotations.NullMarked;
