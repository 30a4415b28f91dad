/** Label matchers in Alertmanager's classic and UTF-8 syntax. */
@NullMarked
package dev.tethys.alert.manager.match;

import org.jspecify.annotations.NullMarked;
