/** What the printed configuration says about rules and Alertmanagers. The server prints it in block style. */
export function configuredRules(yaml: string): { ruleFiles: string[]; alertmanagers: number } {
  const ruleFiles: string[] = [];
  let alertmanagers = 0;
  let section = '';
  for (const line of yaml.split('\n')) {
    const top = /^([a-z_]+):/.exec(line);
    if (top) {
      section = top[1] as string;
      continue;
    }
    const item = /^\s*- +(.+?)\s*$/.exec(line);
    if (section === 'rule_files' && item) ruleFiles.push((item[1] as string).replace(/^["']|["']$/g, ''));
    // Entries of alerting.alertmanagers stand two spaces in.
    if (section === 'alerting' && /^ {2}- /.test(line)) alertmanagers++;
  }
  return { ruleFiles, alertmanagers };
}
