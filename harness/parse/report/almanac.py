"""Words of dates in the languages of common locales, and the zones that date(1) names.

Made by `scripts/almanac` from the locales of glibc 2.36 (used by date(1) on Linux), CLDR as in Babel 2.19 (similar to
macOS) and tzdata 2025b; do not edit it by hand. Words are in Unicode NFKC, case-folded, without signs around them.
"""

# January to December. A word may stand in two months: lip is June in Croatian, July in Polish.
MONTHS = (
    (
        "ene enero gen gener gennaio ian ianuarie jaan jaanuar jan janeiro januar januari january január "
        "januára janv janvier janvāris janúar jän jänner led leden ledna oca ocak saus sausio sausis sij "
        "siječanj siječnja sty styczeń stycznia tammi tammikuu tammikuuta urt urtarrila xan xaneiro ιαν "
        "ιανουάριοσ ιανουαρίου сту студзень студзеня січ січень січня янв январь января яну януари јан "
        "јануар ינו ינואר ינו׳ ينا يناير जनवरी जन॰ 一月"
    ),
    (
        "feb febbraio febr febreiro febrer febrero februar februari februarie february február februára "
        "februāris febrúar fev fevereiro fév févr février helmi helmikuu helmikuuta lut lutego luty ots "
        "otsaila vas vasario vasaris veebr veebruar velj veljača veljače úno únor února şub şubat φεβ "
        "φεβρουάριοσ φεβρουαρίου лют лютага лютий лютого люты феб фебруар фев февр февраль февраля "
        "февруари פבר פברואר פבר׳ فبر فبراير फ़रवरी फ़र॰ 二月"
    ),
    (
        "bře březen března kov kovas kovo maalis maaliskuu maaliskuuta maart mac mar marca march marec "
        "maret mars mart martie marts martxoa marzec marzo març março mrt márc március mär märts märz ožu "
        "ožujak ožujka μάρ μάρτιοσ μαρ μαρτίου бер березень березня мар март марта сак сакавік сакавіка "
        "מרץ مار مارس मार्च 三月"
    ),
    (
        "abr abril api apirila apr april aprile aprilie aprill apríl apríla aprīlis avr avril bal "
        "balandis balandžio dub duben dubna huhti huhtikuu huhtikuuta kwi kwiecień kwietnia nis nisan tra "
        "travanj travnja ápr április απρ απρίλιοσ απριλίου апр апрель апреля април кві квіт квітень "
        "квітня кра красавік красавіка אפר אפריל אפר׳ أبر أبريل अप्रैल 四月"
    ),
    (
        "geg gegužė gegužės kvě květen května mag maggio mai maiatza maig maijs maio maj maja may mayo "
        "mayıs maí mei máj mája május svi svibanj svibnja touko toukokuu toukokuuta μάι μάιοσ μαΐ "
        "μαΐου май мая мај тра трав травень травня מאי ماي مايو मई 五月"
    ),
    (
        "birž birželio birželis cze czerwca czerwiec eka ekaina giu giugno haz haziran iun iunie juin jun "
        "june junho juni junij junio juny juuni jún júna június júní jūn jūnijs kesä kesäkuu kesäkuuta "
        "lip lipanj lipnja xuñ xuño čen červen června čvn ιουν ιουνίου ιούν ιούνιοσ июн июнь июня чер "
        "черв червень червня чэр чэрвень чэрвеня юни јун יונ יוני يون يونيو जून 六月"
    ),
    (
        "heinä heinäkuu heinäkuuta iul iulie jui juil juill juillet jul julai julho juli julij julio "
        "juliol july juuli júl júla július júlí jūl jūlijs liep liepa liepos lip lipca lipiec lug luglio "
        "srp srpanj srpnja tem temmuz uzt uztaila xul xullo čec července červenec čvc ιουλ ιουλίου ιούλ "
        "ιούλιοσ июл июль июля лип липень липня ліп ліпень ліпеня юли јул יול יולי يول يوليو जुलाई जुल॰ "
        "七月"
    ),
    (
        "abu abuztua ag ago agost agosto agu agustus aoû août aug august augusta augusti augusts augustus "
        "augusztus avg avgust ağu ağustos elo elokuu elokuuta kol kolovoz kolovoza ogo ogos rugp "
        "rugpjūtis rugpjūčio sie sierpień sierpnia srp srpen srpna ágú ágúst αυγ αυγούστου αύγ αύγουστοσ "
        "авг август августа жні жнівень жніўня сер серп серпень серпня אוג אוגוסט אוג׳ أغس أغسطس अगस्त "
        "अग॰ 八月"
    ),
    (
        "eyl eylül ira iraila rugs rugsėjis rugsėjo ruj rujan rujna sep sept septembar september "
        "septembra septembre septembrie septembris septiembre set setembre setembro settembre syys "
        "syyskuu syyskuuta szept szeptember wrz wrzesień września zář září σεπ σεπτέμβριοσ σεπτεμβρίου "
        "вер верасень верасня вересень вересня сен сент сентябрь сентября сеп септембар септември ספט "
        "ספטמבר ספט׳ سبت سبتمبر सितंबर सित॰ 九月"
    ),
    (
        "eki ekim lis listopad listopada loka lokakuu lokakuuta oct october octobre octombrie octubre okt "
        "oktobar oktober oktobris oktoober október októbra ott ottobre out outubro paź październik "
        "października spal spalio spalis urr urria říj říjen října οκτ οκτωβρίου οκτώβριοσ жов жовт "
        "жовтень жовтня кас кастрычнік кастрычніка окт октобар октомври октябрь октября אוק אוקטובר אוק׳ "
        "أكت أكتوبر अक्टूबर अक्टू॰ अक्तूबर अक्तू॰ 十月"
    ),
    (
        "aza azaroa kas kasım lapkr lapkritis lapkričio lis listopad listopada listopadu marras marraskuu "
        "marraskuuta noiembrie nov novembar november novembra novembre novembris novembro noviembre nóv "
        "nóvember stu studeni studenoga νοέ νοέμβριοσ νοε νοεμβρίου лис лист листопад листопада ліс "
        "лістапад лістапада нов новембар ное ноември ноя нояб ноябрь ноября נוב נובמבר נוב׳ نوف نوفمبر "
        "नवंबर नव॰ 十一月"
    ),
    (
        "abe abendua ara aralık dec decembar december decembra decembrie decembris decembro des desember "
        "desembre dets detsember dez dezember dezembro dic dicembre diciembre dis disember déc décembre "
        "gru grudnia grudzień gruod gruodis gruodžio joulu joulukuu joulukuuta pro prosinac prosinca "
        "prosince prosinec δεκ δεκέμβριοσ δεκεμβρίου гру груд грудень грудня дек декабрь декабря декември "
        "дец децембар сне снежань снежня דצמ דצמבר דצמ׳ ديس ديسمبر दिसंबर दिस॰ 十二月"
    ),
)
# Monday to Sunday, as far as a word is one day in all languages.
DAYS = (
    (
        "al astelehena dilluns dl esmaspäev hai hétfő is isn isnin lu lun lundi lunedì lunes luni luns "
        "maanantai maanantaina maandag man mandag mo mon monday montag má mán mánudagur må mån måndag "
        "pazartesi pirmadienis pirmd pirmdiena po pon pondelok pondělí ponedeljak ponedeljek ponedjeljak "
        "poniedziałek pr pzt seg segunda sen senin δε δευ δευτέρα пан панядзелак пн по пон понеделник "
        "понедельник понедељак понеділок ב׳ שני إثنين الإثنين الاثنين सो सोम सोमवार 一 周一 星期一 月 月曜日 週一 월 "
        "월요일"
    ),
    (
        "an antradienis ar asteartea ba dienstag dimarts dinsdag dt kedd mar mardi martedì martes marți "
        "ot otrd otrdiena sal salı sel selasa teisipäev ter terça ti tiistai tiistaina tir tirs tirsdag "
        "tis tisdag torek tu tue tuesday ty tysdag ut uto utorak utorok wt wto wtorek út úterý þr þri "
        "þriðjudagur τρ τρί τρίτη τρι аў аўт аўторак вт вторник вівторок ут уто уторак ג׳ שלישי الثلاثاء "
        "ثلاثاء मं मंगल मंगलवार 二 周二 星期二 火 火曜日 週二 화 화요일"
    ),
    (
        "asteazkena az dc dimecres ke keskiviikko keskiviikkona kolmapäev me mer mercoledì mercredi mi "
        "mie miercuri mittwoch mié miércoles mið miðvikudagur mé mér mércores on ons onsdag qua quarta ra "
        "rab rabu sr sre sreda sri srijeda st streda středa sze szerda tr trečiadienis trešd trešdiena tư "
        "we wed wednesday wo woensdag ça çar çarşamba çrş śr śro środa τε τετ τετάρτη серада середа ср "
        "срд сре среда сряда ד׳ רביעי أربعاء الأربعاء बु बुध बुधवार 三 周三 星期三 水 水曜日 週三 수 수요일"
    ),
    (
        "ce ceturtd ceturtdiena cs csütörtök czw czwartek dijous dj donderdag donnerstag fi fim "
        "fimmtudagur gio giovedì je jeu jeudi jo joi jue jueves kam kamis ketvirtadienis kh kha khamis kt "
        "neljapäev năm og osteguna per perşembe prş qui quinta th thu thursday to tors torsdag torstai "
        "torstaina xo xov xoves če čet četrtek četvrtak čt čtvrtek štvrtok πέ πέμ πέμπτη πεμ чацвер че "
        "чет четвер четверг четвртак четвъртък чт чц чцв ה׳ חמישי الخميس خميس गु गुरु गुरुवार 周四 四 星期四 木 "
        "木曜日 週四 목 목요일"
    ),
    (
        "cu cum cuma divendres dv fr fre fredag freitag fri friday fö fös föstudagur jum jumaat jumat or "
        "ostirala penktadienis perjantai perjantaina pet petak petek pi piatok piektd piektdiena pią "
        "piątek pk pn pá pátek péntek reede sex sexta sáu ve ven vendredi venerdì venres vi vie viernes "
        "vin vineri vr vrijdag πα παρ παρασκευή пʼятниця пе пет петак петък пт пят пятница пятніца ятниця "
        "ו׳ שישי الجمعة الجمعـة جمعة शु शुक्र शुक्रवार 五 周五 星期五 週五 金 金曜日 금 금요일"
    ),
    (
        "bảy cmt ct cts cumartesi dissabte ds la larunbata lau lauantai lauantaina laugardagur laupäev "
        "laurdag lr lö lör lördag lø lør lørdag sab sabato sabtu sam samedi samstag sat saturday sb sestd "
        "sestdiena sob sobota sub subota szo szombat sá sáb sábado sâ sâm sâmbătă za zaterdag šeštadienis "
        "σά σάβ σάββατο σαβ сб су суб суббота субота събота שבת ש׳ السبت शनि शनिवार 六 周六 土 土曜日 星期六 週六 토 "
        "토요일"
    ),
    (
        "ah ahad ahd chủ cn dg dim dimanche diumenge dom domenica domingo du dum duminică ig igandea min "
        "minggu ne ned nedelja nedeľa nedjelja neděle nhật nie niedz niedziela pa paz pazar pühapäev "
        "sekmadienis sk sonntag sun sundag sunday sunnudagur sunnuntai sunnuntaina sv svētd svētdiena sö "
        "sön söndag sø søn søndag vasárnap zo zondag κυ κυρ κυριακή воскресенье вс нд не нед неделя "
        "недеља неділя няд нядзеля א׳ ראשון أحد الأحد रवि रविवार 周日 日 日曜日 星期日 週日 일 일요일"
    ),
)
# Before noon, and after.
HALVES = (
    (
        "am ap dop dopoldne fh fm manhã pg priekšp priekšpusdiena priekšpusdienā priešpiet öö πμ дп ص "
        "صباحًا पूर्वाह्न 上午 午前 오전"
    ),
    (
        "ch eh em ip odp pm pop popiet popoldne ptg pēcp pēcpusd pēcpusdiena pēcpusdienā tarde ös μμ пп م "
        "مساءً अपराह्न 下午 午後 오후"
    ),
)
# Minutes east of Greenwich of the zones that tzdata abbreviates so since 2020, all of them where there are
# several, and what older systems call BST (Bangladesh, Bougainville), EST (Sydney) and AST (Arabia).
ZONES = {
    "ACDT": (630,),
    "ACST": (570,),
    "ADT": (-180,),
    "AEDT": (660,),
    "AEST": (600,),
    "AKDT": (-480,),
    "AKST": (-540,),
    "AST": (
        -240,
        180,
    ),
    "AWST": (480,),
    "BST": (
        60,
        360,
        660,
    ),
    "CAT": (120,),
    "CDT": (
        -300,
        -240,
    ),
    "CEST": (120,),
    "CET": (60,),
    "CST": (
        -360,
        -300,
        480,
    ),
    "ChST": (600,),
    "EAT": (180,),
    "EDT": (-240,),
    "EEST": (180,),
    "EET": (120,),
    "EST": (
        -300,
        600,
    ),
    "GMT": (0,),
    "HDT": (-540,),
    "HKT": (480,),
    "HST": (-600,),
    "IDT": (180,),
    "IST": (
        60,
        120,
        330,
    ),
    "JST": (540,),
    "KST": (540,),
    "MDT": (-360,),
    "MEST": (120,),
    "MET": (60,),
    "MSK": (180,),
    "MST": (-420,),
    "NDT": (-150,),
    "NST": (-210,),
    "NZDT": (780,),
    "NZST": (720,),
    "PDT": (-420,),
    "PKT": (300,),
    "PST": (
        -480,
        480,
    ),
    "SAST": (120,),
    "SST": (-660,),
    "UTC": (0,),
    "WAT": (60,),
    "WEST": (60,),
    "WET": (0,),
    "WIB": (420,),
    "WIT": (540,),
    "WITA": (480,),
    "Z": (0,),
}
