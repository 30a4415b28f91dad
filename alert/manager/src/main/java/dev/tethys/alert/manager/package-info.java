/** What an Alertmanager does: takes alerts in, groups, silences and inhibits them, and notifies. */
@NullMarked
package dev.tethys.alert.manager;

import org.jspecify.annotations.NullMarked;
