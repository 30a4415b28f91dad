/** Alertmanager: accepts alerts, groups, silences and inhibits them, and sends notifications. */
@NullMarked
package dev.tethys.alert.manager;

import org.jspecify.annotations.NullMarked;
