@NullMarked
package dev.tethys.insight.entities.rules;

import org.jspecify.annotations.NullMarked;
