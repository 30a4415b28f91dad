/** Unit tests of rules: their files, execution and report. */
@NullMarked
package dev.tethys.tools.ruletest;

import org.jspecify.annotations.NullMarked;
