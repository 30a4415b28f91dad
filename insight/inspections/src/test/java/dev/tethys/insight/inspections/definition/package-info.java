@NullMarked
package dev.tethys.insight.inspections.definition;

import org.jspecify.annotations.NullMarked;
