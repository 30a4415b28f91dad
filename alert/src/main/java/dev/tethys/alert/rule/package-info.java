/** Recording and alerting rules: their files, their evaluation, their state. */
@NullMarked
package dev.tethys.alert.rule;

import org.jspecify.annotations.NullMarked;
