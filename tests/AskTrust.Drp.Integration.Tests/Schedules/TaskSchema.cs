using System.Xml;
using System.Xml.Linq;
using System.Xml.Schema;

namespace AskTrust.Drp.Integration.Tests.Schedules;

/// <summary>
/// The rules that the documentation of Task Scheduler gives for the elements we write (MS-TSCH 2.5), in words of our own: which there are, in which order, with which values. What is not in here is
/// not known, and so a problem, too.
/// </summary>
internal static class TaskSchema
{
    private static readonly XmlSchemaSet s_rules = Read($"""
        <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task" xmlns:t="http://schemas.microsoft.com/windows/2004/02/mit/task"
            targetNamespace="http://schemas.microsoft.com/windows/2004/02/mit/task" elementFormDefault="qualified">
          <xs:element name="Task">
            <xs:complexType>
              <xs:all>
                <xs:element name="RegistrationInfo" minOccurs="0"><xs:complexType><xs:all><xs:element name="Description" type="xs:string" minOccurs="0"/></xs:all></xs:complexType></xs:element>
                <xs:element name="Triggers" minOccurs="0">
                  <xs:complexType><xs:choice minOccurs="0" maxOccurs="48"><xs:element name="CalendarTrigger" type="calendar"/></xs:choice></xs:complexType>
                </xs:element>
                <xs:element name="Principals" minOccurs="0">
                  <xs:complexType><xs:sequence><xs:element name="Principal">
                    <xs:complexType>
                      <xs:all>
                        <xs:element name="UserId" type="text" minOccurs="0"/>
                        <xs:element name="RunLevel" minOccurs="0"><xs:simpleType><xs:restriction base="xs:string"><xs:enumeration value="LeastPrivilege"/><xs:enumeration value="HighestAvailable"/></xs:restriction></xs:simpleType></xs:element>
                      </xs:all>
                      <xs:attribute name="id" type="xs:ID"/>
                    </xs:complexType>
                  </xs:element></xs:sequence></xs:complexType>
                </xs:element>
                <xs:element name="Settings" minOccurs="0">
                  <xs:complexType><xs:all>
                    <xs:element name="MultipleInstancesPolicy" minOccurs="0"><xs:simpleType><xs:restriction base="xs:string">
                      <xs:enumeration value="Parallel"/><xs:enumeration value="Queue"/><xs:enumeration value="IgnoreNew"/><xs:enumeration value="StopExisting"/>
                    </xs:restriction></xs:simpleType></xs:element>
                    <xs:element name="DisallowStartIfOnBatteries" type="xs:boolean" minOccurs="0"/>
                    <xs:element name="StopIfGoingOnBatteries" type="xs:boolean" minOccurs="0"/>
                    <xs:element name="StartWhenAvailable" type="xs:boolean" minOccurs="0"/>
                    <xs:element name="ExecutionTimeLimit" type="xs:duration" minOccurs="0"/>
                  </xs:all></xs:complexType>
                </xs:element>
                <xs:element name="Actions">
                  <xs:complexType>
                    <xs:sequence><xs:element name="Exec" maxOccurs="32">
                      <xs:complexType><xs:all><xs:element name="Command" type="path"/><xs:element name="Arguments" type="text" minOccurs="0"/></xs:all></xs:complexType>
                    </xs:element></xs:sequence>
                    <xs:attribute name="Context" type="xs:string"/>
                  </xs:complexType>
                </xs:element>
              </xs:all>
              <xs:attribute name="version"><xs:simpleType><xs:restriction base="xs:string"><xs:pattern value="[0-9]+\.[0-9]+"/></xs:restriction></xs:simpleType></xs:attribute>
            </xs:complexType>
            <xs:key name="known"><xs:selector xpath="t:Principals/t:Principal"/><xs:field xpath="@id"/></xs:key>
            <xs:keyref name="named" refer="known"><xs:selector xpath="t:Actions"/><xs:field xpath="@Context"/></xs:keyref>
          </xs:element>
          <xs:complexType name="calendar">
            <xs:sequence>
              <xs:element name="Enabled" type="xs:boolean" minOccurs="0"/>
              <xs:element name="StartBoundary" type="xs:dateTime"/>
              <xs:element name="RandomDelay" type="xs:duration" minOccurs="0"/>
              <xs:choice>
                <xs:element name="ScheduleByDay"><xs:complexType><xs:all><xs:element name="DaysInterval" minOccurs="0">{Number(1, 365)}</xs:element></xs:all></xs:complexType></xs:element>
                <xs:element name="ScheduleByWeek"><xs:complexType><xs:all><xs:element name="WeeksInterval" minOccurs="0">{Number(1, 52)}</xs:element><xs:element name="DaysOfWeek" type="weekdays" minOccurs="0"/></xs:all></xs:complexType></xs:element>
                <xs:element name="ScheduleByMonth"><xs:complexType><xs:all><xs:element name="DaysOfMonth" type="days" minOccurs="0"/><xs:element name="Months" type="months" minOccurs="0"/></xs:all></xs:complexType></xs:element>
                <xs:element name="ScheduleByMonthDayOfWeek">
                  <xs:complexType><xs:all>
                    <xs:element name="Weeks" minOccurs="0"><xs:complexType><xs:sequence><xs:element name="Week" minOccurs="0" maxOccurs="5">
                      <xs:simpleType><xs:restriction base="xs:string"><xs:pattern value="[1-4]|Last"/></xs:restriction></xs:simpleType>
                    </xs:element></xs:sequence></xs:complexType></xs:element>
                    <xs:element name="DaysOfWeek" type="weekdays"/>
                    <xs:element name="Months" type="months" minOccurs="0"/>
                  </xs:all></xs:complexType>
                </xs:element>
              </xs:choice>
            </xs:sequence>
          </xs:complexType>
          <xs:complexType name="weekdays"><xs:all>{Empty("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")}</xs:all></xs:complexType>
          <xs:complexType name="months"><xs:all>{Empty("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")}</xs:all></xs:complexType>
          <xs:complexType name="days"><xs:sequence><xs:element name="Day" minOccurs="0" maxOccurs="32"><xs:simpleType><xs:restriction base="xs:string"><xs:pattern value="[1-9]|[1-2][0-9]|3[0-1]|Last"/></xs:restriction></xs:simpleType></xs:element></xs:sequence></xs:complexType>
          <xs:simpleType name="text"><xs:restriction base="xs:string"><xs:minLength value="1"/></xs:restriction></xs:simpleType>
          <xs:simpleType name="path"><xs:restriction base="text"><xs:maxLength value="260"/></xs:restriction></xs:simpleType>
        </xs:schema>
        """);

    /// <summary>What is wrong with a file; nothing when all is well.</summary>
    public static IReadOnlyList<string> Problems(string file)
    {
        List<string> found = [];
        XDocument.Load(file).Validate(s_rules, (_, e) => found.Add(e.Message));
        return found;
    }

    private static string Number(int least, int most) => $"""<xs:simpleType><xs:restriction base="xs:unsignedInt"><xs:minInclusive value="{least}"/><xs:maxInclusive value="{most}"/></xs:restriction></xs:simpleType>""";

    private static string Empty(params string[] names) => string.Concat(names.Select(n => $"""<xs:element name="{n}" minOccurs="0"><xs:complexType/></xs:element>"""));

    private static XmlSchemaSet Read(string text)
    {
        var set = new XmlSchemaSet();
        using var reader = XmlReader.Create(new StringReader(text));
        set.Add(null, reader);
        set.Compile();
        return set;
    }
}
