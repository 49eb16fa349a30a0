/// What dlt 1.31 made of random tricky names: convention | max length (0: none) | input | identifier | table
/// identifier | path | tables path | shorten_fragments of the path's parts. `!` stands for its refusal of a blank name;
/// what is not printable, white space, `|` and whatever lies beyond U+02FF is escaped.
let goldenNames = #"""
    snake_case | 0 | *\u{1D7D8} | x\u{1D7D8} | x\u{1D7D8} | x\u{1D7D8} | x\u{1D7D8} | *\u{1D7D8}
    duck_case | 0 | _\u{3000}\u{7C} | _\u{3000}\u{7C} | _\u{3000}\u{7C} | _\u{3000}\u{7C} | _\u{3000}\u{7C} | _\u{3000}\u{7C}
    sql_ci_v1 | 63 | \u{9}\u{85}___ǅÉ\u{3000} |  |  |  |  | _ǅÉ\u{3000}
    s3_tables | 9 | İ | x | x | x | x | İ
    snake_case | 0 | __\u{3000}\u{5C}xyZǅ | _xy_zx | _xy_zx | _xy_zx | _xy_zx | \u{3000}\u{5C}xyZǅ
    direct | 20 | _dlt\u{85}\u{7C}ß%İ% | _dlt\u{85}\u{7C}ß%İ% | _dlt\u{85}\u{7C}ß%İ% | _dlt\u{85}\u{7C}ß%İ% | _dlt\u{85}\u{7C}ß%İ% | _dlt\u{85}\u{7C}ß%İ%
    duck_case | 0 | value1 | value1 | value1 | value1 | value1 | value1
    sql_cs_v1 | 9 | /\u{65E5}`$écamelCasexyZ___ | _cixstzaZ | _cixstzaZ | _cixstza_ | _cixstza_ | /\u{65E5}ixstza_
    sql_ci_v1 | 0 | \u{9}/@AbK | _abk | _abk | _abk | _abk | \u{9}/@AbK
    snake_case | 0 | .valueKxyZ | _value_kxy_z | _value_kxy_z | _value_kxy_z | _value_kxy_z | .valueKxyZ
    direct | 20 | \u{1D7D8}ǅ_dlt$ | \u{1D7D8}ǅ_dlt$ | \u{1D7D8}ǅ_dlt$ | \u{1D7D8}ǅ_dlt$ | \u{1D7D8}ǅ_dlt$ | \u{1D7D8}ǅ_dlt$
    sql_cs_v1 | 0 | é\u{20}\u{0} | _ | _ | _ | _ | é\u{20}\u{0}
    sql_ci_v1 | 63 | _\u{A}$*\u{3000}\u{663}\u{20} | _\u{663} | _\u{663} | _\u{663} | _\u{663} | _\u{A}$*\u{3000}\u{663}\u{20}
    snake_case | 12 | K\u{25B6}a | k_a | k_a | k_a | k_a | K\u{25B6}a
    duck_case | 12 |  | ! | ! |  |  |
    sql_ci_v1 | 12 | HTTPServerBxyZ"HTTPServer | httrk64cqver | httrk64cqver | httrk64cqver | httrk64cqver | HTTrk64cqver
    s3_tables | 0 | \u{1F600}camelCase+. | _camel_casexx | camel_casexx | _camel_casexx | camel_casexx | \u{1F600}camelCase+.
    snake_case | 6 | %..É_\u{9}__ | xxxxx | xxxxx | xx | xx | %..É_\u{9}
    direct | 0 | .value\u{A}\u{301} | .value_\u{301} | .value_\u{301} | .value_\u{301} | .value_\u{301} | .value\u{A}\u{301}
    duck_case | 6 | +\u{9}value\u{85}B\u{1C}\u{301}É | ijfcjg | ijfcjg | ijfcjg | ijfcjg | ijfcjg
    sql_ci_v1 | 0 | /\u{1F600}`BB\u{663}.23 | _bb\u{663}_23 | _bb\u{663}_23 | _bb\u{663}_23 | _bb\u{663}_23 | /\u{1F600}`BB\u{663}.23
    s3_tables | 0 | $`\u{1F600}+_ | _xx | xx | _xx | xx | $`\u{1F600}+_
    duck_case | 9 | B\u{9} | B | B | B | B | B\u{9}
    sql_ci_v1 | 63 | \u{7C}' | _ | _ | _ | _ | \u{7C}'
    s3_tables | 9 | 23"é\u{200B}1\u{1C}İß23 | _23_1_23 | 23_1_23 | _23_1_23 | 23_1_23 | 23cwitkq3
    snake_case | 20 | ABC\u{0} | abcx | abcx | abcx | abcx | ABC\u{0}
    duck_case | 0 | \u{3000} | ! | ! |  |  |
    sql_cs_v1 | 9 | Ab__\u{200B}$ | Ab | Ab | Ab___ | Ab___ | Ab__\u{200B}$
    sql_ci_v1 | 20 | $ | _ | _ | _ | _ | $
    snake_case | 9 | value\u{301}23 | value_23 | value_23 | value_23 | value_23 | value\u{301}23
    duck_case | 6 | \u{5C}\u{1D7D8} | \u{5C}\u{1D7D8} | \u{5C}\u{1D7D8} | \u{5C}\u{1D7D8} | \u{5C}\u{1D7D8} | \u{5C}\u{1D7D8}
    sql_cs_v1 | 0 | \u{20}%\u{25B6}\u{0} | _ | _ | _ | _ | \u{20}%\u{25B6}\u{0}
    sql_ci_v1 | 12 | \u{A}K\u{25B6}\u{A}\u{5C}\u{7C}\u{200B} | k | k | k | k | \u{A}K\u{25B6}\u{A}\u{5C}\u{7C}\u{200B}
    s3_tables | 6 | \u{1F600}ß_ | xx | xx | xx | xx | \u{1F600}ß_
    snake_case | 12 | \u{3000}%$\u{5C}B | _b | _b | _b | _b | \u{3000}%$\u{5C}B
    sql_cs_v1 | 20 | \u{7C}xyZ | _xyZ | _xyZ | _xyZ | _xyZ | \u{7C}xyZ
    snake_case | 12 | \u{9} | ! | ! |  |  |
    direct | 9 | BÉÉ²\u{25B6}_ | BÉÉ²__ | BÉÉ²__ | BÉÉ²\u{25B6}_ | BÉÉ²\u{25B6}_ | BÉÉ²\u{25B6}_
    sql_cs_v1 | 9 | ²\u{7C}`value\u{200B}\u{20}\u{301}\u{1C} | _value | _value | _value | _value | ²\u{7C}9damjq\u{1C}
    sql_ci_v1 | 63 |  | ! | ! |  |  |
    s3_tables | 0 | _BAb | _b_ab | b_ab | _b_ab | b_ab | _BAb
    snake_case | 63 | - | x | x | x | x | -
    direct | 6 |  | ! | ! |  |  |
    duck_case | 9 | _dlt1/23a%xyZ\u{0} | _dfvkcrw\u{0} | _dfvkcrw\u{0} | _dfvkcrw\u{0} | _dfvkcrw\u{0} | _dfvkcrw\u{0}
    sql_ci_v1 | 9 | /-xyZ._dltéAb | _xvhr9kab | _xvhr9kab | _xvhr9kab | _xvhr9kab | /-vhr9kab
    s3_tables | 20 | xyZcamelCase\u{9} | xy_zcamel_case | xy_zcamel_case | xy_zcamel_case | xy_zcamel_case | xyZcamelCase\u{9}
    snake_case | 12 | HTTPServerǅ\u{20}a | htts9awkwr_a | htts9awkwr_a | htts9awkwr_a | htts9awkwr_a | HTTs9awkwǅ\u{20}a
    direct | 6 | _dlt__value" | hblt6w | hblt6w | hblt6w | hblt6w | hblt6w
    sql_cs_v1 | 0 | é%xyZ\u{200B}$\u{663}-"" | _xyZ_\u{663} | _xyZ_\u{663} | _xyZ_\u{663} | _xyZ_\u{663} | é%xyZ\u{200B}$\u{663}-""
    sql_ci_v1 | 20 | \u{0}\u{301} | _ | _ | _ | _ | \u{0}\u{301}
    duck_case | 12 | 1\u{663} | 1\u{663} | 1\u{663} | 1\u{663} | 1\u{663} | 1\u{663}
    sql_cs_v1 | 63 | +\u{7C}B | _B | _B | _B | _B | +\u{7C}B
    sql_ci_v1 | 6 | \u{3000}\u{3000}"`_ABC | _abc | _abc | _abc | _abc | kvtdkg
    snake_case | 6 | É23\u{0}\u{0} | _23x | _23x | _23x | _23x | É23\u{0}\u{0}
    direct | 6 | É.\u{3000} | É. | É. | É. | É. | É.\u{3000}
    duck_case | 0 | \u{1D7D8}\u{A} | \u{1D7D8} | \u{1D7D8} | \u{1D7D8} | \u{1D7D8} | \u{1D7D8}\u{A}
    sql_cs_v1 | 0 | \u{3000}\u{25B6}$\u{65E5}\u{1C}$\u{7C} | _ | _ | _ | _ | \u{3000}\u{25B6}$\u{65E5}\u{1C}$\u{7C}
    sql_ci_v1 | 9 | _\u{D}\u{65E5} |  |  |  |  | _\u{D}\u{65E5}
    s3_tables | 0 | +23ǅ | x23x | x23x | x23x | x23x | +23ǅ
    direct | 63 | \u{7C}ÉB\u{20}Ab\u{7C}\u{5C} | \u{7C}ÉB\u{20}Ab\u{7C}\u{5C} | \u{7C}ÉB\u{20}Ab\u{7C}\u{5C} | \u{7C}ÉB\u{20}Ab\u{7C}\u{5C} | \u{7C}ÉB\u{20}Ab\u{7C}\u{5C} | \u{7C}ÉB\u{20}Ab\u{7C}\u{5C}
    sql_cs_v1 | 6 | ǅAb\u{1D7D8} | _Ab\u{1D7D8} | _Ab\u{1D7D8} | _Ab\u{1D7D8} | _Ab\u{1D7D8} | ǅAb\u{1D7D8}
    sql_ci_v1 | 9 | ²23 | _23 | _23 | _23 | _23 | ²23
    s3_tables | 0 | __ | xx | xx |  |  |
    direct | 9 | \u{1D7D8}1.\u{301}1 | \u{1D7D8}1.\u{301}1 | \u{1D7D8}1.\u{301}1 | \u{1D7D8}1.\u{301}1 | \u{1D7D8}1.\u{301}1 | \u{1D7D8}1.\u{301}1
    sql_ci_v1 | 12 | É'\u{25B6} | _ | _ | _ | _ | É'\u{25B6}
    direct | 20 | \u{0}%AbÉK`-+ | \u{0}%AbÉK`-+ | \u{0}%AbÉK`-+ | \u{0}%AbÉK`-+ | \u{0}%AbÉK`-+ | \u{0}%AbÉK`-+
    duck_case | 0 | a | a | a | a | a | a
    sql_cs_v1 | 12 | @___\u{3000}\u{1C}" |  |  | _ | _ | @___\u{3000}\u{1C}"
    sql_ci_v1 | 12 | \u{7C}_ABC\u{5C} | _abc | _abc | _abc | _abc | \u{7C}_ABC\u{5C}
    s3_tables | 12 | $'ß+\u{0}.B² | _x_bx | x_bx | _x_bx | x_bx | $'ß+\u{0}.B²
    snake_case | 20 | Ab-Ab%xyZABC | ab_ab_xy_zabc | ab_ab_xy_zabc | ab_ab_xy_zabc | ab_ab_xy_zabc | Ab-Ab%xyZABC
    direct | 20 | camelCase | camelCase | camelCase | camelCase | camelCase | camelCase
    duck_case | 6 | HTTPServerAb23\u{0}\u{5C} | 3lakqa | 3lakqa | 3lakqa | 3lakqa | 3lakqa
    sql_cs_v1 | 9 | Éa`\u{1C} | _a | _a | _a | _a | Éa`\u{1C}
    sql_ci_v1 | 12 | B\u{25B6}__.\u{5C}%-23\u{7C}/\u{20} | b_23 | b_23 | b___23 | b___23 | B\u{25B6}_jkov4a\u{7C}/\u{20}
    s3_tables | 20 | value\u{9}camelCase1 | value_camel_case1 | value_camel_case1 | value_camel_case1 | value_camel_case1 | value\u{9}camelCase1
    direct | 12 | /\u{5C}$\u{D}\u{25B6}\u{20} | /\u{5C}$__ | /\u{5C}$__ | /\u{5C}$ | /\u{5C}$ | /\u{5C}$\u{D}
    duck_case | 63 | \u{0}\u{85}K | \u{0}\u{85}K | \u{0}\u{85}K | \u{0}\u{85}K | \u{0}\u{85}K | \u{0}\u{85}K
    sql_cs_v1 | 20 | é\u{663}ǅ\u{663} | _\u{663}_\u{663} | _\u{663}_\u{663} | _\u{663}_\u{663} | _\u{663}_\u{663} | é\u{663}ǅ\u{663}
    sql_ci_v1 | 0 | '$1\u{D} | _1 | _1 | _1 | _1 | '$1\u{D}
    s3_tables | 12 | İ'ßxyZ | _xy_z | xy_z | _xy_z | xy_z | İ'ßxyZ
    snake_case | 6 | \u{200B}\u{301}\u{25B6} | x | x | x | x | \u{200B}\u{301}\u{25B6}
    duck_case | 0 |  | ! | ! |  |  |
    sql_ci_v1 | 6 | aß@ | a | a | a | a | aß@
    s3_tables | 0 | ÉxyZ"Ab/\u{3000}.xyZ@ | _xy_z_ab_xy_za | xy_z_ab_xy_za | _xy_z_ab_xy_za | xy_z_ab_xy_za | ÉxyZ"Ab/\u{3000}.xyZ@
    direct | 20 | KÉ@ABC | KÉ@ABC | KÉ@ABC | KÉ@ABC | KÉ@ABC | KÉ@ABC
    duck_case | 0 | @@B+\u{1D7D8} | @@B+\u{1D7D8} | @@B+\u{1D7D8} | @@B+\u{1D7D8} | @@B+\u{1D7D8} | @@B+\u{1D7D8}
    sql_cs_v1 | 63 | "a\u{7C}\u{A}\u{7C}___ | _a | _a | _a___ | _a___ | "a\u{7C}\u{A}\u{7C}___
    sql_ci_v1 | 0 | \u{3000}²É\u{1D7D8}@Éİ | _\u{1D7D8} | _\u{1D7D8} | _\u{1D7D8} | _\u{1D7D8} | \u{3000}²É\u{1D7D8}@Éİ
    s3_tables | 0 | $\u{200B}$\u{D}B | _b | b | _b | b | $\u{200B}$\u{D}B
    direct | 0 | xyZ | xyZ | xyZ | xyZ | xyZ | xyZ
    sql_cs_v1 | 20 | _` |  |  |  |  | _`
    direct | 9 | HTTPServer\u{663}%\u{9}23 | HTbce8bq3 | HTbce8bq3 | HTbce8bq3 | HTbce8bq3 | HTbce8bq3
    sql_cs_v1 | 6 | \u{3000}\u{301}İvalue__23\u{85} | hzsueg | hzsueg | tgzlkq | tgzlkq | tgzlkq
    s3_tables | 0 | `a\u{0}Ab\u{25B6} | _a_abx | a_abx | _a_abx | a_abx | `a\u{0}Ab\u{25B6}
    snake_case | 0 | @\u{200B}+ABC\u{20}/ | a_x_abcx | a_x_abcx | a_x_abcx | a_x_abcx | @\u{200B}+ABC\u{20}/
    direct | 0 |  | ! | ! |  |  |
    sql_cs_v1 | 0 | +HTTPServer. | _HTTPServer | _HTTPServer | _HTTPServer | _HTTPServer | +HTTPServer.
    sql_ci_v1 | 0 | \u{5C}\u{9}$ | _ | _ | _ | _ | \u{5C}\u{9}$
    s3_tables | 12 | K\u{663} | k\u{663} | k\u{663} | k\u{663} | k\u{663} | K\u{663}
    direct | 0 | \u{A}aAb | aAb | aAb | aAb | aAb | \u{A}aAb
    duck_case | 9 | \u{D}1\u{A}ABC__a | 1_ABC_a | 1_ABC_a | 1_ABC__a | 1_ABC__a | \u{D}1\u{A}ABC__a
    sql_cs_v1 | 9 | \u{9}@' | _ | _ | _ | _ | \u{9}@'
    s3_tables | 0 | \u{5C}\u{85}a-\u{7C}\u{0}% | _a_lx | a_lx | _a_lx | a_lx | \u{5C}\u{85}a-\u{7C}\u{0}%
    direct | 9 | \u{5C}ABC\u{663}² | \u{5C}ABC\u{663}² | \u{5C}ABC\u{663}² | \u{5C}ABC\u{663}² | \u{5C}ABC\u{663}² | \u{5C}ABC\u{663}²
    s3_tables | 12 | ǅÉ" | x | x | x | x | ǅÉ"
    snake_case | 0 | ǅ | x | x | x | x | ǅ
    duck_case | 6 | \u{1F600}\u{9} | \u{1F600} | \u{1F600} | \u{1F600} | \u{1F600} | \u{1F600}\u{9}
    sql_cs_v1 | 0 |  | ! | ! |  |  |
    sql_ci_v1 | 6 |  | ! | ! |  |  |
    s3_tables | 0 |  | ! | ! |  |  |
    direct | 6 | __\u{1C} | __ | __ | __ | __ | __\u{1C}
    sql_ci_v1 | 12 |  | ! | ! |  |  |
    s3_tables | 12 | \u{1F600} | x | x | x | x | \u{1F600}
    snake_case | 0 | ǅ"\u{5C}_ǅé\u{A}\u{7C} | _l | _l | _l | _l | ǅ"\u{5C}_ǅé\u{A}\u{7C}
    direct | 20 | \u{1C}\u{1C}ABCa | ABCa | ABCa | ABCa | ABCa | \u{1C}\u{1C}ABCa
    duck_case | 9 | value\u{D}/İ\u{1F600}\u{200B}23 | vagrc9qq3 | vagrc9qq3 | vagrc9qq3 | vagrc9qq3 | vagrc9qq3
    sql_ci_v1 | 20 |  | ! | ! |  |  |
    s3_tables | 12 | \u{7C}\u{85}\u{200B}\u{A} | lx | lx | lx | lx | \u{7C}\u{85}\u{200B}\u{A}
    direct | 9 | \u{A}%$value23 | %$value23 | %$value23 | %$value23 | %$value23 | \u{A}%s1kn6g3
    sql_ci_v1 | 0 | 23`__ | _23 | _23 | _23 | _23 | 23`
    snake_case | 0 | %Aba*\u{7C}value | _abaxlvalue | _abaxlvalue | _abaxlvalue | _abaxlvalue | %Aba*\u{7C}value
    direct | 9 | %B\u{9}23 | %B\u{9}23 | %B\u{9}23 | %B\u{9}23 | %B\u{9}23 | %B\u{9}23
    duck_case | 6 |  | ! | ! |  |  |
    sql_ci_v1 | 6 | \u{25B6}_dlt\u{D}\u{1D7D8}___%\u{7C}ß23 | wntcqw | wntcqw | wntcqw | wntcqw | wntcqw
    s3_tables | 20 | 1*\u{5C}\u{5C}²\u{A} | _1xx | 1xx | _1xx | 1xx | 1*\u{5C}\u{5C}²\u{A}
    duck_case | 6 | "_dlt\u{D}*\u{200B}\u{1C}___ | yk5nzq | yk5nzq | yk5nzq | yk5nzq | yk5nzq
    sql_ci_v1 | 0 | \u{25B6}*%"\u{A}\u{20}xyZ² | _xyz | _xyz | _xyz | _xyz | \u{25B6}*%"\u{A}\u{20}xyZ²
    s3_tables | 20 | `\u{25B6}\u{9}\u{1F600}K²@% | _k_ax | k_ax | _k_ax | k_ax | `\u{25B6}\u{9}\u{1F600}K²@%
    snake_case | 63 | .\u{1F600} | x | x | x | x | .\u{1F600}
    duck_case | 20 | K | K | K | K | K | K
    sql_cs_v1 | 20 | -ABC_ǅ | _ABC | _ABC | _ABC | _ABC | -ABC_ǅ
    sql_ci_v1 | 6 | \u{301}\u{1F600} | _ | _ | _ | _ | \u{301}\u{1F600}
    duck_case | 9 | \u{9}value/1/\u{A}\u{85} | value/1/ | value/1/ | value/1/ | value/1/ | \u{9}vqrxbpq\u{85}
    sql_cs_v1 | 20 | \u{A}ß%valueǅ/Ké% | _value_K | _value_K | _value_K | _value_K | \u{A}ß%valueǅ/Ké%
    sql_ci_v1 | 6 | \u{D} | ! | ! |  |  |
    snake_case | 0 | __\u{200B}./\u{1C} | xxx | xxx | x | x | \u{200B}./\u{1C}
    sql_ci_v1 | 0 | Ab*`\u{3000}*\u{85}ǅABC*É__ | ab_abc | ab_abc | ab_abc | ab_abc | Ab*`\u{3000}*\u{85}ǅABC*É
    snake_case | 0 | _dlt_"AbK²%²\u{1C} | _dlt_ab_kx | _dlt_ab_kx | _dlt_ab_kx | _dlt_ab_kx | _dlt_"AbK²%²\u{1C}
    direct | 63 | Ab@ | Ab@ | Ab@ | Ab@ | Ab@ | Ab@
    duck_case | 20 |  | ! | ! |  |  |
    sql_ci_v1 | 0 | /ǅ\u{301}Ab___@ǅvalue*$ | _ab_value | _ab_value | _ab___value | _ab___value | /ǅ\u{301}Ab___@ǅvalue*$
    s3_tables | 9 | camelCaseİK\u{9}.@ | cawzcowqa | cawzcowqa | cawzcowqa | cawzcowqa | cawzcowq@
    snake_case | 6 | "\u{9}²a\u{7C}aa | _alaa | _alaa | _alaa | _alaa | hdb4ha
    direct | 63 | " | _ | _ | _ | _ | "
    duck_case | 6 | B\u{663}`ǅ1$` | vttjhw | vttjhw | vttjhw | vttjhw | vttjhw
    sql_cs_v1 | 20 |  | ! | ! |  |  |
    sql_ci_v1 | 0 | `\u{1C} | _ | _ | _ | _ | `\u{1C}
    s3_tables | 0 | \u{5C}/%K23ABC\u{5C}Ab | _k23_abc_ab | k23_abc_ab | _k23_abc_ab | k23_abc_ab | \u{5C}/%K23ABC\u{5C}Ab
    duck_case | 20 | .-$\u{663}\u{1C}ǅ | .-$\u{663}\u{1C}ǅ | .-$\u{663}\u{1C}ǅ | .-$\u{663}\u{1C}ǅ | .-$\u{663}\u{1C}ǅ | .-$\u{663}\u{1C}ǅ
    sql_cs_v1 | 9 |  | ! | ! |  |  |
    s3_tables | 63 | \u{A}İ\u{1C}Abé\u{9} | _abx | abx | _abx | abx | \u{A}İ\u{1C}Abé\u{9}
    sql_cs_v1 | 63 | \u{D} | ! | ! |  |  |
    sql_ci_v1 | 63 | ǅǅ\u{1F600}*\u{301} | _ | _ | _ | _ | ǅǅ\u{1F600}*\u{301}
    s3_tables | 12 |  | ! | ! |  |  |
    snake_case | 6 | + | x | x | x | x | +
    direct | 20 | \u{9} | ! | ! |  |  |
    sql_cs_v1 | 63 | /İǅ"23\u{663}\u{7C}__$ | _23\u{663} | _23\u{663} | _23\u{663}___ | _23\u{663}___ | /İǅ"23\u{663}\u{7C}__$
    sql_ci_v1 | 0 | \u{20}23Ab\u{65E5}'\u{D}-_B | _23ab_b | _23ab_b | _23ab_b | _23ab_b | \u{20}23Ab\u{65E5}'\u{D}-_B
    s3_tables | 6 | \u{5C}%/xyZcamelCase | cvfuoa | cvfuoa | cvfuoa | cvfuoa | cvfuoa
    snake_case | 0 | \u{5C} | x | x | x | x | \u{5C}
    sql_ci_v1 | 6 | İİ$\u{1C} | _ | _ | _ | _ | İİ$\u{1C}
    s3_tables | 12 | +23-___+ | x23_x | x23_x | x23x___x | x23x__x | +23-___+
    snake_case | 63 | 1\u{9}_dlta%\u{5C}' | _1_dltax | _1_dltax | _1_dltax | _1_dltax | 1\u{9}_dlta%\u{5C}'
    direct | 6 | xyZHTTPServer+ | kobiza | kobiza | kobiza | kobiza | kobiza
    duck_case | 20 | __-B²xyZ$\u{65E5} | _-B²xyZ$\u{65E5} | _-B²xyZ$\u{65E5} | -B²xyZ$\u{65E5} | -B²xyZ$\u{65E5} | -B²xyZ$\u{65E5}
    s3_tables | 12 | \u{7C}2311__ | l2311xx | l2311xx | l2311 | l2311 | \u{7C}2311
    snake_case | 20 | ABC` | abcx | abcx | abcx | abcx | ABC`
    direct | 12 |  | ! | ! |  |  |
    sql_ci_v1 | 0 | İÉ' | _ | _ | _ | _ | İÉ'
    sql_cs_v1 | 0 | $\u{200B}B\u{301}\u{85}\u{20}B | _B_B | _B_B | _B_B | _B_B | $\u{200B}B\u{301}\u{85}\u{20}B
    snake_case | 0 | /İ\u{200B}\u{1C}\u{663}______ | _\u{663}xxxxxx | _\u{663}xxxxxx | _\u{663} | _\u{663} | /İ\u{200B}\u{1C}\u{663}
    direct | 0 | \u{85}İ | İ | İ | İ | İ | \u{85}İ
    sql_cs_v1 | 63 |  | ! | ! |  |  |
    sql_ci_v1 | 63 | 1\u{65E5}\u{5C}\u{7C}ǅß | _1 | _1 | _1 | _1 | 1\u{65E5}\u{5C}\u{7C}ǅß
    s3_tables | 6 | ABCß\u{301}\u{9}_dlt\u{1F600}1\u{7C} | amv40q | amv40q | amv40q | amv40q | amv40q
    snake_case | 12 | __\u{301}\u{D}xyZß | _xy_zx | _xy_zx | _xy_zx | _xy_zx | \u{301}\u{D}xyZß
    duck_case | 9 | %²AbAbAb\u{1D7D8} | %²AbAbAb\u{1D7D8} | %²AbAbAb\u{1D7D8} | %²AbAbAb\u{1D7D8} | %²AbAbAb\u{1D7D8} | %²AbAbAb\u{1D7D8}
    direct | 9 | \u{0} | \u{0} | \u{0} | \u{0} | \u{0} | \u{0}
    sql_ci_v1 | 9 | \u{200B}\u{85}- | _ | _ | _ | _ | \u{200B}\u{85}-
    s3_tables | 12 | \u{A}1ß\u{3000}ß | _1x | 1x | _1x | 1x | \u{A}1ß\u{3000}ß
    snake_case | 0 | éABCB | _abcb | _abcb | _abcb | _abcb | éABCB
    duck_case | 12 | _dlt\u{0}\u{9} | _dlt\u{0} | _dlt\u{0} | _dlt\u{0} | _dlt\u{0} | _dlt\u{0}\u{9}
    sql_ci_v1 | 6 | __\u{0}\u{0}\u{1C}.\u{663}²\u{5C} | _\u{663} | _\u{663} | _\u{663} | _\u{663} | dhluyg
    duck_case | 20 | a\u{0}/-$ | a\u{0}/-$ | a\u{0}/-$ | a\u{0}/-$ | a\u{0}/-$ | a\u{0}/-$
    sql_cs_v1 | 9 | \u{9}\u{7C}ǅ- | _ | _ | _ | _ | \u{9}\u{7C}ǅ-
    sql_ci_v1 | 12 | ßcamelCase1ß" | _camelcase1 | _camelcase1 | _camelcase1 | _camelcase1 | ßcakkda7g1ß"
    s3_tables | 9 | BABC23ǅ/É\u{85}É\u{85} | babc23x | babc23x | babc23x | babc23x | BAvvb0gq\u{85}
    """#
